import type { PaperCritic, PaperData, PaperLoop, PaperRow, PaperValue, Report } from '@fgam/bench';
import { sum } from 'simple-statistics';
import { groupBy } from '../group-by.js';
import { seesTruth } from '../quickstart/critics.js';
import { VARIANT_ROLES } from '../quickstart/paper-data.js';
import type { Family } from '../recipes/families.js';
import type { SavedReproduction } from './read-reproduction.js';

type SavedRow = SavedReproduction['rows'][number];
type SavedSpread = SavedRow['metrics'][string];
type System = Pick<SavedRow, 'family' | 'variant' | 'critic'>;

/** Compact models are built as these are. */
const FAMILY_NAMES: Readonly<Record<Family, string>> = {
  llava: 'compact LLaVA',
  minigpt4: 'compact MiniGPT-4',
};

/**
 * A reproduction as the paper's tables take it. Rows of Tables 1 and 2 and of the figures are told by
 * each critic that does not see the truth: a system with stage 2 by its answers after all rounds, the
 * others by their first ones.
 */
export function reproductionData(saved: SavedReproduction): PaperData {
  return {
    rows: bySystem(saved.rows).flatMap((rows) => paperRows(rows, saved)),
    loops: bySystem(saved.rows).flatMap((rows) => paperLoops(rows, saved)),
    critics: bySystem(saved.critics).flatMap((of) =>
      [false, true].flatMap((isCalibrated) =>
        paperCritics(
          of.filter((each) => each.isCalibrated === isCalibrated),
          saved,
        ),
      ),
    ),
  };
}

/** What its numbers depend on, as a report's provenance. */
export function reproductionTerms({ scale, reward, runs, alarms }: SavedReproduction): Report['provenance'] {
  const { name, scenes, steps, batchSize } = scale;
  const size = `${scenes.train} training, ${scenes.validation} validation and ${scenes.test} test scenes; ${steps.alignment} updates of alignment, ${steps.instruction} of instruction tuning, ${steps.critic} of modules, ${batchSize} images each; PPO's reward: ${reward}`;
  return {
    // By family: two reproductions of one scale's name may have another reward, or other sizes.
    ...Object.fromEntries(
      [...new Set(runs.map(({ family }) => family))].map((family) => [
        `${FAMILY_NAMES[family]}, scale ${name}`,
        `seeds ${seedsOf(runs, family).join(', ')}; ${size}`,
      ]),
    ),
    ...Object.fromEntries(
      alarms.map(({ family, seed, variant, alarm }) => [
        `alarm: ${FAMILY_NAMES[family]}, scale ${name}, seed ${seed}, ${variant}`,
        alarm,
      ]),
    ),
  };
}

function paperRows(rows: readonly SavedRow[], saved: SavedReproduction): PaperRow[] {
  const { roles = [], isRectified = false } = VARIANT_ROLES[rows[0]?.variant ?? ''] ?? {};
  const last = Math.max(...rows.map(({ rounds }) => rounds));
  const shown = rows.find(({ rounds }) => rounds === (isRectified ? last : 0));
  if (shown === undefined || roles.length === 0 || seesTruth(shown.critic)) return [];
  const note = alarmNote(shown, saved);
  return [
    {
      ...{ family: FAMILY_NAMES[shown.family], variant: shown.variant, critic: shown.critic, roles },
      ...{ rounds: shown.rounds, scale: saved.scale.name, metrics: valuesOf(shown) },
      ...(note === undefined ? {} : { note }),
    },
  ];
}

/** A training that was ended early is said beside its numbers. */
function alarmNote({ family, variant }: System, { alarms, runs }: SavedReproduction): string | undefined {
  const ended = alarms.filter((alarm) => alarm.family === family && alarm.variant === variant);
  if (ended.length === 0) return undefined;
  const seeds = ended.map(({ seed }) => seed).join(', ');
  return `an alarm of reward hacking ended ${ended.length} of ${seedsOf(runs, family).length} trainings (seed ${seeds}); the checkpoint before it is shown`;
}

function paperLoops(rows: readonly SavedRow[], saved: SavedReproduction): PaperLoop[] {
  const [first] = rows;
  if (first === undefined) return [];
  const rounds = rows.toSorted((a, b) => a.rounds - b.rounds);
  return [
    {
      ...termsOf(first, saved),
      roles: VARIANT_ROLES[first.variant]?.roles ?? [],
      rounds: rounds.map((row) => ({ round: row.rounds, metrics: valuesOf(row) })),
    },
  ];
}

function paperCritics(of: SavedReproduction['critics'], saved: SavedReproduction): PaperCritic[] {
  const [first] = of;
  if (first === undefined) return [];
  return [
    {
      ...termsOf(first, saved),
      isCalibrated: first.isCalibrated,
      types: of.map(({ type, precision, recall, wrong, found, both }) => ({
        type,
        ...(precision === undefined ? {} : { precision: valueOf(precision) }),
        ...(recall === undefined ? {} : { recall: valueOf(recall) }),
        ...{ wrong: sum(wrong), refused: sum(found), both: sum(both) },
      })),
    },
  ];
}

function termsOf({ family, variant, critic }: System, { scale, runs }: SavedReproduction) {
  return {
    ...{ family: FAMILY_NAMES[family], variant, critic, isBound: seesTruth(critic) },
    ...{ scale: scale.name, seeds: seedsOf(runs, family) },
  };
}

function seedsOf(runs: SavedReproduction['runs'], family: Family): number[] {
  return runs.filter((run) => run.family === family).map(({ seed }) => seed);
}

function valuesOf({ metrics }: SavedRow): Record<string, PaperValue> {
  return Object.fromEntries(Object.entries(metrics).map(([metric, value]) => [metric, valueOf(value)]));
}

function valueOf({ values, mean, half }: SavedSpread): PaperValue {
  return { value: mean, seeds: values, ...(half === undefined ? {} : { half }) };
}

/** Results of one system each: a family, a variant and a critic. */
function bySystem<Result extends System>(results: readonly Result[]): Result[][] {
  return groupBy(results, ({ family, variant, critic }) => JSON.stringify([family, variant, critic]));
}
