import { isDeepStrictEqual } from 'node:util';
import { FgamError } from '@fgam/data';
import type { SavedReproduction } from '../bench-tasks/read-reproduction.js';
import { groupBy } from '../group-by.js';
import type { SeedLoop } from './collect-results.js';
import { type PaperReproduction, paperReproduction, type SeedRun } from './paper-reproduction.js';
import { PAPER_ROWS, PAPER_TABLES, rowsOf } from './paper-rows.js';
import type { Metrics } from './round-metrics.js';

/** A reproduction and the file that it was read from. */
export interface ReproductionFile {
  readonly file: string;
  readonly saved: SavedReproduction;
}

/** What a machine's speed tells, and not the model: two runs of one seed differ in it. */
const OF_THE_MACHINE = ['seconds', 'latency'];

/**
 * One reproduction of several: seeds that were run apart, and tables of one seed that were. Means and intervals are over all seeds; a loop that two files have of one seed
 * counts once.
 *
 * @throws FgamError `fgam/bad-scores` for files of unlike scales or rewards, for one seed's loop that two files tell otherwise, and for rows that not all seeds of a family have
 */
export function mergeReproductions(files: readonly ReproductionFile[]): PaperReproduction {
  const [first] = files;
  if (first === undefined) throw badScores('expected reproductions to merge, got none');
  const { scale, reward } = first.saved;
  for (const { file, saved } of files)
    if (!isDeepStrictEqual(saved.scale, scale) || saved.reward !== reward)
      throw badScores(
        `${file}: expected the scale and the reward of ${first.file} (${scale.name}, ${reward}), got others (${saved.scale.name}, ${saved.reward})`,
      );
  const runs = groupBy(
    files.flatMap(({ file, saved }) => seedRuns(saved, file)),
    ({ family, seed }) => JSON.stringify([family, seed]),
  )
    .map(joinRuns)
    .toSorted((a, b) => a.family.localeCompare(b.family) || a.seed - b.seed);
  checkRows(runs);
  const variants = new Set(runs.flatMap(({ loops }) => loops.map(({ variant }) => variant)));
  const tables = PAPER_TABLES.filter((table) =>
    rowsOf([table]).every((row) => variants.has(row.variant.name)),
  );
  const rounds = Math.max(...runs.flatMap(({ loops }) => loops.map((loop) => loop.rounds.length - 1)));
  return paperReproduction({ scale, reward, tables, rounds }, runs);
}

type FiledRun = SeedRun & { readonly file: string };

/** The seeds of one file, as they were before they were collected. */
function seedRuns(saved: SavedReproduction, file: string): FiledRun[] {
  return saved.runs.map(({ family, seed, seconds, base }) => {
    const seeds = saved.runs.filter((run) => run.family === family);
    const place = seeds.findIndex((run) => run.seed === seed);
    const check = (values: readonly unknown[], of: string): void => {
      if (values.length !== seeds.length)
        throw badScores(
          `${file}: expected one value of ${of} for each of ${seeds.length} seeds of ${family}, got ${values.length}`,
        );
    };
    const metricsOf = ({
      metrics,
      variant,
    }: {
      readonly metrics: SavedMetrics;
      readonly variant: string;
    }): Metrics =>
      Object.fromEntries(
        Object.entries(metrics).map(([name, { values }]) => {
          check(values, `${variant}'s ${name}`);
          return [name, values[place] as number];
        }),
      );
    const own = <Row extends { readonly family: string }>(rows: readonly Row[]): Row[] =>
      rows.filter((row) => row.family === family);
    const loops = groupBy(own(saved.rows), ({ variant, critic }) => JSON.stringify([variant, critic]));
    return {
      ...{ family, seed, seconds, base, file },
      loops: loops.flatMap((rows): SeedLoop[] => {
        const [{ variant, critic } = { variant: '', critic: 'oracle' as const }] = rows;
        const judged = own(saved.critics).filter(
          (each) => each.variant === variant && each.critic === critic,
        );
        return [
          {
            ...{ variant, critic },
            rounds: rows.toSorted((a, b) => a.rounds - b.rounds).map(metricsOf),
            judgements: groupBy(judged, ({ isCalibrated }) => String(isCalibrated)).map((types) => ({
              isCalibrated: types[0]?.isCalibrated ?? false,
              scores: types.map(({ type, wrong, found, both }) => {
                check(wrong, `${variant}'s ${critic} about ${type}`);
                return {
                  type,
                  wrong: wrong[place] as number,
                  found: found[place] as number,
                  both: both[place] as number,
                };
              }),
            })),
          },
        ];
      }),
      validation: own(saved.validation).map((row) => ({ variant: row.variant, metrics: metricsOf(row) })),
      alarms: saved.alarms.filter((alarm) => alarm.family === family && alarm.seed === seed),
    };
  });
}

type SavedMetrics = SavedReproduction['rows'][number]['metrics'];

/** What several files tell of one seed. */
function joinRuns(runs: readonly FiledRun[]): SeedRun {
  const [first] = runs as readonly [FiledRun];
  const { family, seed } = first;
  const entries = runs.flatMap(({ file, loops }) => loops.map((loop) => ({ file, loop })));
  const loops = groupBy(entries, ({ loop }) => JSON.stringify([loop.variant, loop.critic])).map((same) => {
    const [kept, ...others] = same as [(typeof same)[number], ...typeof same];
    const other = others.find(({ loop }) => !isDeepStrictEqual(withoutTimes(loop), withoutTimes(kept.loop)));
    if (other !== undefined)
      throw badScores(
        `${other.file}: ${family}, seed ${seed}, ${other.loop.variant} by ${other.loop.critic}: expected the figures of ${kept.file}, got others; keep the file whose run is meant`,
      );
    return kept.loop;
  });
  const order = PAPER_ROWS.map(({ variant }) => variant.name);
  return {
    ...{ family, seed, base: first.base },
    seconds: runs.reduce((sum, run) => sum + run.seconds, 0),
    loops: loops.toSorted((a, b) => order.indexOf(a.variant) - order.indexOf(b.variant)),
    validation: groupBy(
      runs.flatMap(({ validation }) => validation),
      ({ variant }) => variant,
    ).flatMap((same) => same.slice(0, 1)),
    alarms: groupBy(
      runs.flatMap(({ alarms }) => alarms),
      ({ variant }) => variant,
    ).flatMap((same) => same.slice(0, 1)),
  };
}

function withoutTimes(loop: SeedLoop): SeedLoop {
  const kept = (metrics: Metrics): Metrics =>
    Object.fromEntries(Object.entries(metrics).filter(([name]) => !OF_THE_MACHINE.includes(name)));
  return { ...loop, rounds: loop.rounds.map(kept) };
}

/** A mean over some seeds does not stand beside one over all. */
function checkRows(runs: readonly SeedRun[]): void {
  const named = (run: SeedRun): string[] =>
    run.loops.map(({ variant, critic, rounds }) => `${variant} by ${critic}, ${rounds.length - 1} rounds`);
  const faults = groupBy(runs, ({ family }) => family).flatMap((seeds) => {
    const all = new Set(seeds.flatMap(named));
    return seeds.flatMap((run) => {
      const missing = [...all].filter((loop) => !named(run).includes(loop));
      return missing.length === 0 ? [] : [`${run.family}, seed ${run.seed}: ${missing.join('; ')}`];
    });
  });
  if (faults.length > 0)
    throw badScores(`expected the same rows of all seeds of a family; missing: ${faults.join(' | ')}`);
}

function badScores(message: string): FgamError<'fgam/bad-scores'> {
  return new FgamError<'fgam/bad-scores'>('fgam/bad-scores', message);
}
