import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../src/program.js';

/** Runs of each command; the median is shown. */
const RUNS = 3;

const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
const commands: Record<string, (run: number) => string[]> = {
  doctor: () => ['doctor'],
  'data build --from scenes, 200 images': (run) => [
    ...['data', 'build', '--from', 'scenes', '--count', '200', '--out', join(folder, `scenes-${run}`)],
  ],
  'data build --from scenes, to shards': (run) => [
    ...[
      'data',
      'build',
      join(folder, `scenes-${run}`),
      '--from',
      'scenes',
      '--out',
      join(folder, `shards-${run}`),
    ],
  ],
  'data inspect': (run) => ['data', 'inspect', join(folder, `shards-${run}`)],
};

// The commands' own output is not the benchmark's.
const write = process.stdout.write.bind(process.stdout);
const silence = <Result>(work: () => Promise<Result>): Promise<Result> => {
  process.stdout.write = () => true;
  return work().finally(() => {
    process.stdout.write = write;
  });
};

const figures: { name: string; milliseconds: number }[] = [];
for (const [name, args] of Object.entries(commands)) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const code = await silence(() => runProgram(args(run)));
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
    times.push(performance.now() - start);
  }
  const milliseconds = Math.round(times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN);
  figures.push({ name, milliseconds });
}
await rm(folder, { recursive: true });

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, figures }, null, 2),
  );
} else {
  console.table(Object.fromEntries(figures.map(({ name, milliseconds }) => [name, { milliseconds }])));
}
