import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from 'simple-statistics';

/**
 * Seconds of an update of 32 images of the compact model, by one process with a thread a core and by a process a
 * core under `mpirun`, in turns: `npm run bench:processes -w @fgam/trainer -- [rounds] [updates]`.
 */
const [rounds = 5, updates = 20] = process.argv.slice(2).map(Number);
const cores = availableParallelism();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('processes-run.ts', import.meta.url));
const forms = {
  'one process': [],
  [`${cores} processes`]: ['mpirun', '--allow-run-as-root', '-n', String(cores)],
};

async function secondsOf(launch: readonly string[]): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
  try {
    const [file = '', ...args] = [
      ...launch,
      process.execPath,
      '--import',
      'tsx',
      script,
      String(updates),
      out,
    ];
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') };
    const { stdout } = await promisify(execFile)(file, args, { cwd: root, env });
    return (JSON.parse(stdout) as { readonly seconds: number }).seconds;
  } finally {
    await rm(out, { recursive: true });
  }
}

const seconds: Record<string, number[]> = {};
for (let round = 0; round < rounds; round += 1)
  for (const [name, launch] of Object.entries(forms)) {
    const found = await secondsOf(launch);
    (seconds[name] ??= []).push(found);
    console.error(`${name}: ${(1000 * found).toFixed(0)} ms an update`);
  }
const [alone = [], shared = []] = Object.values(seconds);
const ratios = alone.map((one, round) => one / (shared[round] ?? Number.NaN));
console.log(
  JSON.stringify({
    seconds: Object.fromEntries(Object.entries(seconds).map(([name, all]) => [name, median(all)])),
    timesAsFast: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
  }),
);
