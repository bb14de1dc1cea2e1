import { badScores } from '../bench-tasks/bad-scores.js';
import type { SavedReproduction } from '../bench-tasks/read-reproduction.js';
import { groupBy } from '../group-by.js';
import type { SeedLoop } from './collect-results.js';
import type { SeedRun } from './paper-reproduction.js';
import type { Metrics } from './round-metrics.js';

/** A seed's run, and the file that tells of it. */
export type FiledRun = SeedRun & { readonly file: string };

type SavedCritic = SavedReproduction['critics'][number];
type SavedMetrics = SavedReproduction['rows'][number]['metrics'];

/**
 * The seeds of one reproduction, as they were before they were collected.
 *
 * @throws FgamError `fgam/bad-scores` for a seed that is there twice, and for lists that have not one value a seed
 */
export function seedRuns(saved: SavedReproduction, file: string): FiledRun[] {
  return saved.runs.map(({ family, seed, seconds, base }) => {
    const seeds = saved.runs.filter((run) => run.family === family).map((run) => run.seed);
    if (seeds.filter((each) => each === seed).length > 1)
      throw badScores(`${file}: expected each seed of ${family} once, got ${seeds.join(', ')}`);
    const pick = (values: readonly number[], of: string): number => {
      if (values.length !== seeds.length)
        throw badScores(
          `${file}: expected one value of ${of} for each of ${seeds.length} seeds of ${family}, got ${values.length}`,
        );
      return values[seeds.indexOf(seed)] as number;
    };
    const metricsOf = (variant: string, metrics: SavedMetrics): Metrics =>
      Object.fromEntries(
        Object.entries(metrics).map(([name, { values }]) => [name, pick(values, `${variant}'s ${name}`)]),
      );
    const scoreOf = ({ variant, critic, type, wrong, found, both }: SavedCritic) => {
      const of = `${variant}'s ${critic} about ${type}`;
      return { type, wrong: pick(wrong, of), found: pick(found, of), both: pick(both, of) };
    };
    const own = <Row extends { readonly family: string }>(rows: readonly Row[]): Row[] =>
      rows.filter((row) => row.family === family);
    const loopOf = (rows: readonly [SavedReproduction['rows'][number], ...unknown[]]): SeedLoop => {
      const [{ variant, critic }] = rows;
      const judged = own(saved.critics).filter((each) => each.variant === variant && each.critic === critic);
      return {
        ...{ variant, critic },
        rounds: own(saved.rows)
          .filter((row) => row.variant === variant && row.critic === critic)
          .toSorted((a, b) => a.rounds - b.rounds)
          .map((row) => metricsOf(variant, row.metrics)),
        judgements: [false, true].flatMap((isCalibrated) => {
          const scores = judged.filter((each) => each.isCalibrated === isCalibrated).map(scoreOf);
          return scores.length === 0 ? [] : [{ isCalibrated, scores }];
        }),
      };
    };
    const loops = groupBy(own(saved.rows), ({ variant, critic }) => JSON.stringify([variant, critic]));
    return {
      ...{ family, seed, seconds, base, file },
      loops: loops.map((rows) => loopOf(rows as [(typeof rows)[number], ...typeof rows])),
      validation: own(saved.validation).map(({ variant, metrics }) => ({
        variant,
        metrics: metricsOf(variant, metrics),
      })),
      alarms: own(saved.alarms).filter((alarm) => alarm.seed === seed),
      audits: own(saved.audits).filter((audit) => audit.seed === seed),
    };
  });
}
