/**
 * `npm run bench`: every package's own benchmark, one after another in a process of its own, in several
 * passes; a table of medians beside a run that was stored earlier, and this run stored as
 * `runs/bench/NAME.json`. Ends with 1 where a package's benchmark fails.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { LEAST } from './compare-figure.js';
import { figureTable, type PackageFigures } from './figure-table.js';
import { findPackages } from './find-packages.js';
import { joinPasses } from './join-passes.js';
import { runPackage } from './run-package.js';
import { lastRun, type PackageRun, readRun, type StoredRun, writeRun } from './stored-run.js';

const USAGE = `usage: npm run bench -- [options]
  --only LIST      packages, such as data,losses (default: all)
  --quick          short passes: fewer runs of each
  --passes N       of all packages, one after another (default: 3)
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
      passes: { type: 'string', default: '3' },
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
  const count = Number(values.passes);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--passes: expected a whole number from 1 on, got ${values.passes}`);
  const wanted = await findPackages(join(root, 'packages'), values.only?.split(','));
  const path = values.against ?? (await lastRun(stored));
  // Before minutes are spent: a file that can't be read is said now.
  const before = path === undefined ? undefined : await readRun(path);
  const date = new Date().toISOString();
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  let now: StoredRun = {
    ...{ format: 'fgam-bench-2', date, quick: values.quick, passes: [] },
    ...machine,
    ...commitOf(),
  };
  let written = '';
  // A pass of all before the next: what else the machine does for a minute then hits one pass, and is seen as spread.
  for (let pass = 1; pass <= count; pass += 1) {
    const packages: PackageRun[] = [];
    for (const one of wanted) {
      process.stderr.write(`${pass} of ${count}, ${one.name} ... `);
      const result = await runPackage(one, {
        ...{ quick: values.quick, onFault: (said) => process.stderr.write(`${said}\n`) },
      });
      process.stderr.write(`${result.fault === undefined ? '' : 'FAILED, '}${result.seconds} s\n`);
      packages.push(result);
    }
    now = { ...now, passes: [...now.passes, packages] };
    // After each pass: one that is ended early leaves those before it.
    written = await writeRun(stored, values.name ?? date.replaceAll(':', '-'), now);
  }
  if (values.json) console.log(JSON.stringify(now, null, 2));
  else {
    console.log(figureTable(joined(now), before && joined(before), before && leastRatio(now, before)));
    if (path !== undefined && before !== undefined) console.log(besideText(path, now, before));
    console.log(`this run: ${written}`);
  }
  const failed = joined(now).filter(({ fault }) => fault !== undefined);
  if (failed.length > 0) {
    process.stderr.write(`failed: ${failed.map((one) => one.package).join(', ')}\n`);
    process.exitCode = 1;
  }
}

/** The passes of each package as one. */
function joined({ passes }: StoredRun): (PackageFigures & { readonly package: string })[] {
  const names = new Set(passes.flat().map((run) => run.package));
  return [...names].map((name) => {
    const runs = passes.flat().filter((run) => run.package === name);
    const fault = runs.find((run) => run.fault !== undefined)?.fault;
    return { package: name, figures: joinPasses(runs.map(({ figures }) => figures)), fault };
  });
}

/** Of a ratio that says something: higher where one run had cores to itself and the other had not. */
function leastRatio(now: StoredRun, before: StoredRun): number {
  const isBusy = ({ passes, cores }: StoredRun): boolean =>
    median(passes.flat().map(({ load }) => load)) > cores + 1; // The benchmark itself is a load of about one.
  return isBusy(now) === isBusy(before) ? LEAST.alike : LEAST.unlike;
}

/** What the ratios are to be read with. */
function besideText(path: string, now: StoredRun, before: StoredRun): string {
  const loads = (run: StoredRun): string => {
    const all = run.passes.flat().map(({ load }) => load);
    return all.length === 0 ? 'none' : `${Math.min(...all)} to ${Math.max(...all)}`;
  };
  const others = (['quick', 'node', 'cpu', 'cores'] as const).filter((key) => now[key] !== before[key]);
  return [
    `ratio: median over that of ${path} (${before.date}, ${before.commit ?? 'no commit'}), of processor time where that is measured`,
    `better or worse: every pass of one run is below every pass of the other, by a factor of ${leastRatio(now, before)} or more`,
    `load now ${loads(now)}, then ${loads(before)}; passes now ${now.passes.length}, then ${before.passes.length}`,
    ...goneFrom(before, now).map((name) => `gone: ${name}`),
    ...others.map((key) => `not alike: ${key} is ${now[key]}, was ${before[key]}`),
  ].join('\n');
}

/** Figures of the packages that ran which were there before. */
function goneFrom(before: StoredRun, now: StoredRun): string[] {
  const earlier = joined(before);
  return joined(now).flatMap((one) => {
    const names = new Set(one.figures.map(({ name }) => name));
    const figures = earlier.find((other) => other.package === one.package)?.figures ?? [];
    return one.fault === undefined
      ? figures.filter(({ name }) => !names.has(name)).map(({ name }) => `${one.package}, ${name}`)
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
