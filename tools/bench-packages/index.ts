/**
 * `npm run bench`: every package's own benchmark, one after another in a process of its own; a table of medians beside a run that
 * was stored earlier, and this run stored as `runs/bench/NAME.json`. Ends with 1 where a package's benchmark fails.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { figureTable } from './figure-table.js';
import { findPackages } from './find-packages.js';
import { runPackage } from './run-package.js';
import { lastRun, type PackageRun, readRun, type StoredRun, writeRun } from './stored-run.js';

const USAGE = `usage: npm run bench -- [options]
  --only LIST      packages, such as data,losses (default: all)
  --quick          a short pass: fewer runs of each
  --against FILE   stored run to compare with (default: the one written last)
  --name NAME      of the file in runs/bench (default: the time)
  --json           the run as JSON instead of the table`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const stored = join(root, 'runs', 'bench');

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      against: { type: 'string' },
      name: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const wanted = await findPackages(join(root, 'packages'), values.only?.split(','));
  const path = values.against ?? (await lastRun(stored));
  // Before minutes are spent: a file that can't be read is said now.
  const before = path === undefined ? undefined : await readRun(path);
  const date = new Date().toISOString();
  const packages: PackageRun[] = [];
  for (const one of wanted) {
    process.stderr.write(`${one.name} ... `);
    const result = await runPackage(one, {
      ...{ quick: values.quick, onFault: (said) => process.stderr.write(`${said}\n`) },
    });
    process.stderr.write(`${result.fault === undefined ? '' : 'FAILED, '}${result.seconds} s\n`);
    packages.push(result);
  }
  const now: StoredRun = {
    ...{ format: 'fgam-bench-1', date, quick: values.quick, packages },
    ...{ node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length },
    ...commitOf(),
  };
  const written = await writeRun(stored, values.name ?? date.replaceAll(':', '-'), now);
  if (values.json) console.log(JSON.stringify(now, null, 2));
  else {
    console.log(figureTable(packages, before?.packages));
    if (path !== undefined && before !== undefined) console.log(besideText(path, now, before));
    console.log(`this run: ${written}`);
  }
  const failed = packages.filter(({ fault }) => fault !== undefined);
  if (failed.length > 0) {
    process.stderr.write(`failed: ${failed.map((one) => one.package).join(', ')}\n`);
    process.exitCode = 1;
  }
}

/** What the ratios are to be read with. */
function besideText(path: string, now: StoredRun, before: StoredRun): string {
  const loads = (run: StoredRun): string => {
    const all = run.packages.map(({ load }) => load);
    return all.length === 0 ? 'none' : `${Math.min(...all)} to ${Math.max(...all)}`;
  };
  const others = (['quick', 'node', 'cpu', 'cores'] as const).filter((key) => now[key] !== before[key]);
  return [
    `ratio: median over that of ${path} (${before.date}, ${before.commit ?? 'no commit'}); better or worse: the quartiles of both are apart`,
    `load now ${loads(now)}, then ${loads(before)}`,
    ...goneFrom(before, now).map((name) => `gone: ${name}`),
    ...others.map((key) => `not alike: ${key} is ${now[key]}, was ${before[key]}`),
  ].join('\n');
}

/** Figures of the packages that ran which were there before. */
function goneFrom(before: StoredRun, now: StoredRun): string[] {
  return now.packages.flatMap((one) => {
    const names = new Set(one.figures.map(({ name }) => name));
    const earlier = before.packages.find((other) => other.package === one.package)?.figures ?? [];
    return one.fault === undefined
      ? earlier.filter(({ name }) => !names.has(name)).map(({ name }) => `${one.package}, ${name}`)
      : [];
  });
}

function commitOf(): { commit?: string } {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+') };
  } catch {
    // A copy without git has no commit to name.
    return {};
  }
}

try {
  await run();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
}
