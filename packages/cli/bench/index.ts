import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { runProgram } from '../src/program.js';

const benchmark = createBenchmark();
const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
const scenes = join(folder, 'scenes');
const shards = join(folder, 'shards');
const build = ['data', 'build', '--from', 'scenes'];
let run = 0;
const commands: Record<string, () => string[]> = {
  doctor: () => ['doctor'],
  'data build --from scenes, 200 images': () => [
    ...[...build, '--count', '200', '--out', join(folder, `scenes-${run++}`)],
  ],
  'data build --from scenes, to shards': () => [
    ...['data', 'build', scenes, '--from', 'scenes', '--out', join(folder, `shards-${run++}`)],
  ],
  'data inspect': () => ['data', 'inspect', shards],
};

/** Runs a command; its own output is not the benchmark's. */
const write = process.stdout.write.bind(process.stdout);
async function command(args: readonly string[]): Promise<void> {
  process.stdout.write = () => true;
  try {
    const code = await runProgram([...args]);
    if (code !== 0) throw new Error(`fgam ${args.join(' ')} ended with ${code}`);
  } finally {
    process.stdout.write = write;
  }
}

await command([...build, '--count', '200', '--out', scenes]);
await command(['data', 'build', scenes, '--from', 'scenes', '--out', shards]);
for (const [name, args] of Object.entries(commands)) await benchmark.time(name, () => command(args()));
await rm(folder, { recursive: true });
await benchmark.finish();
