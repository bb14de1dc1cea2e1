import { isDeepStrictEqual } from 'node:util';
import { differingPaths } from '@fgam/trainer';
import { badScores } from '../bench-tasks/bad-scores.js';
import type { SavedReproduction } from '../bench-tasks/read-reproduction.js';
import { groupBy } from '../group-by.js';
import type { SeedLoop } from './collect-results.js';
import { type PaperReproduction, paperReproduction, type SeedRun } from './paper-reproduction.js';
import { PAPER_ROWS, PAPER_TABLES } from './paper-rows.js';
import { type FiledRun, seedRuns } from './seed-runs.js';

/** A reproduction and the file that it was read from. */
export interface ReproductionFile {
  readonly file: string;
  readonly saved: SavedReproduction;
}

/** Metrics of the machine, not of the model: two runs of one seed differ in them. */
const OF_THE_MACHINE = ['seconds', 'latency'];

/**
 * One reproduction of several: seeds that were run apart, and tables of one seed that were. Means and
 * intervals are over all seeds; a loop that two files have of one seed counts once.
 *
 * @throws FgamError `fgam/bad-scores` for files of unlike scales (of PPO and its reward where two have rows of it),
 * where two files disagree about a seed, and for rows that not all seeds of a family have
 */
export function mergeReproductions(files: readonly ReproductionFile[]): PaperReproduction {
  const [first] = files;
  if (first === undefined) throw badScores('expected reproductions to merge, got none');
  // What PPO was told counts where there is a row of it.
  const settled = files.find(hasPpo) ?? first;
  const { scale, reward } = settled.saved;
  for (const each of files) {
    const differences = differingPaths(settingsOf(settled.saved), settingsOf(each.saved)).filter(
      (path) => hasPpo(each) || !/^(?:reward$|scale\.ppo\b)/.test(path),
    );
    if (differences.length > 0)
      throw badScores(
        `${each.file}: expected the scale and the reward of ${settled.file}; these differ: ${differences.join(', ')}`,
      );
  }
  const runs = groupBy(
    files.flatMap(({ file, saved }) => seedRuns(saved, file)),
    ({ family, seed }) => JSON.stringify([family, seed]),
  )
    .map(joinRuns)
    .toSorted((a, b) => a.family.localeCompare(b.family) || a.seed - b.seed);
  checkRows(runs);
  // Where files differ in it, `audits` tells which rows were watched.
  const auditor = files.every(({ saved }) => saved.auditor === first.saved.auditor)
    ? first.saved.auditor
    : undefined;
  return paperReproduction({ scale, reward, auditor, tables: PAPER_TABLES }, runs);
}

function settingsOf({ scale, reward }: SavedReproduction): unknown {
  return { scale, reward };
}

/** Whether any row of a file was reinforced. */
function hasPpo({ saved }: ReproductionFile): boolean {
  return saved.rows.some(({ variant }) =>
    PAPER_ROWS.some((row) => row.variant.name === variant && row.from !== undefined),
  );
}

/** What several files tell of one seed. */
function joinRuns(runs: readonly FiledRun[]): SeedRun {
  const [first] = runs as readonly [FiledRun];
  const { family, seed } = first;
  const known = runs.find(({ base }) => base !== undefined);
  const other = runs.find(({ base }) => base !== undefined && base !== known?.base);
  if (known !== undefined && other !== undefined)
    throw badScores(
      `${other.file}: ${family}, seed ${seed}: expected the base of ${known.file} (${known.base}), got another (${other.base})`,
    );
  const loops = joined(
    runs,
    ({ loops: own }) => own,
    ({ variant, critic }) => `${variant} by ${critic}`,
    joinLoops,
  );
  const validation = joined(
    runs,
    (run) => run.validation,
    ({ variant }) => `${variant} on validation scenes`,
    (kept, next) => (isDeepStrictEqual(kept.metrics, next.metrics) ? kept : `other figures`),
  );
  const ended = joined(
    runs,
    ({ loops: own, alarms }) =>
      [...new Set(own.map(({ variant }) => variant))].map((variant) => ({
        variant,
        alarm: alarms.find((alarm) => alarm.variant === variant),
      })),
    ({ variant }) => variant,
    (kept, next) => (isDeepStrictEqual(kept.alarm, next.alarm) ? kept : 'another end of its training'),
  );
  const order = PAPER_ROWS.map(({ variant }) => variant.name);
  const seen = new Set<string>();
  let seconds = 0;
  for (const run of runs) {
    const before = seen.size;
    for (const name of loopNames(run)) seen.add(name);
    // A file that tells nothing new was not another sitting.
    if (seen.size > before) seconds += run.seconds;
  }
  return {
    family,
    seed,
    base: known?.base,
    seconds,
    loops: loops.toSorted((a, b) => order.indexOf(a.variant) - order.indexOf(b.variant)),
    validation,
    alarms: ended.flatMap(({ alarm }) => alarm ?? []),
    audits: joined(
      runs,
      (run) => run.audits,
      ({ variant, auditor }) => `${variant} watched by ${auditor}`,
      (kept, next) => (isDeepStrictEqual(kept, next) ? kept : 'other figures'),
    ),
  };
}

/**
 * Items of one name in several runs as one.
 *
 * @param join - one of two, or in words what the second has instead of the first's figures
 */
function joined<Item>(
  runs: readonly FiledRun[],
  itemsOf: (run: FiledRun) => readonly Item[],
  nameOf: (item: Item) => string,
  join: (kept: Item, next: Item) => Item | string,
): Item[] {
  const entries = runs.flatMap((run) => itemsOf(run).map((item) => ({ run, item, name: nameOf(item) })));
  return groupBy(entries, ({ name }) => name).map((same) => {
    const [{ item: first, run: kept }, ...others] = same as [(typeof same)[number], ...typeof same];
    return others.reduce((item, { run, item: next, name }) => {
      const both = join(item, next);
      if (typeof both !== 'string') return both;
      throw badScores(
        `${run.file}: ${run.family}, seed ${run.seed}, ${name}: expected what ${kept.file} tells of it, got ${both}; keep the file whose run is meant`,
      );
    }, first);
  });
}

/** Two that differ in times alone, and in metrics that only one has, are one. */
function joinLoops(kept: SeedLoop, next: SeedLoop): SeedLoop | string {
  if (kept.rounds.length !== next.rounds.length)
    return `${next.rounds.length - 1} rounds for ${kept.rounds.length - 1}`;
  const differing = kept.rounds.some((metrics, k) =>
    Object.entries(metrics).some(
      ([name, value]) => !OF_THE_MACHINE.includes(name) && (next.rounds[k]?.[name] ?? value) !== value,
    ),
  );
  if (differing || !isDeepStrictEqual(countsOf(kept), countsOf(next))) return 'other figures';
  return { ...kept, rounds: kept.rounds.map((metrics, k) => ({ ...next.rounds[k], ...metrics })) };
}

/** Counts of judgements by type; those of a type that nothing was of are none. */
function countsOf({ judgements }: SeedLoop): Record<string, readonly number[]> {
  return Object.fromEntries(
    judgements.flatMap(({ isCalibrated, scores }) =>
      scores.flatMap(({ type, wrong, found, both }) =>
        wrong + found === 0 ? [] : [[`${type}, ${isCalibrated}`, [wrong, found, both]]],
      ),
    ),
  );
}

/** A mean over some seeds does not stand beside one over all. */
function checkRows(runs: readonly SeedRun[]): void {
  const faults = groupBy(runs, ({ family }) => family).flatMap((seeds) => {
    const all = new Set(seeds.flatMap(loopNames));
    return seeds.flatMap((run) => {
      const missing = [...all].filter((loop) => !loopNames(run).includes(loop));
      return missing.length === 0 ? [] : [`${run.family}, seed ${run.seed}: ${missing.join('; ')}`];
    });
  });
  if (faults.length > 0)
    throw badScores(`expected the same rows of all seeds of a family; missing: ${faults.join(' | ')}`);
}

function loopNames({ loops }: SeedRun): string[] {
  return loops.map(({ variant, critic, rounds }) => `${variant} by ${critic}, ${rounds.length - 1} rounds`);
}
