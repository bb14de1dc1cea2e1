import { dirname } from 'node:path';
import {
  isRight,
  pairedDifference,
  type Report,
  type ReportExample,
  reportExample,
  reportMetrics,
  type SceneItem,
} from '@fgam/bench';
import type { Question, QuestionKind, Trajectory } from '@fgam/data';
import { readMetrics } from '@fgam/trainer';
import { join } from 'node:path';
import type { SceneData } from '../scene-data.js';
import type { EvaluatedRow } from './evaluate-variants.js';
import { paperDataOf } from './paper-data.js';
import { moduleOf } from './train-variants.js';

/** The kinds of questions that test scenes have, and the metric that each is compared by. */
const COMPARED: Readonly<Partial<Record<QuestionKind, string>>> = {
  existence: 'existence.accuracy',
  spatial: 'spatial.accuracy',
  grounding: 'grounding.precisionAt50',
  attribute: 'attribute.accuracy',
  reasoning: 'reasoning.accuracy',
  caption: 'caption.accuracy',
};
/** Examples of each kind of ending. */
const EXAMPLES = 3;

/** What a report is made from. */
export interface BuildReportOptions {
  readonly rows: readonly EvaluatedRow[];
  readonly test: SceneData;
  readonly steps: number;
  readonly provenance: Report['provenance'];
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly resamples: number;
}

/** A run's results in the form that `@fgam/bench` prints. */
export async function buildReport(options: BuildReportOptions): Promise<Report> {
  const { rows, test, steps, provenance, generatedAt } = options;
  return {
    title: 'FGAM quickstart',
    generatedAt,
    provenance,
    variants: rows.map(({ name, description, trained, scores, finalScores, accounting }) => ({
      name,
      description,
      ...(name === trained.variant.name ? {} : { answersOf: trained.variant.name }),
      steps,
      metrics: reportMetrics(scores.scores),
      withLoop: reportMetrics(finalScores.scores),
      accounting,
    })),
    curves: await curvesOf(rows),
    comparisons: comparisonsOf(options),
    examples: examplesOf(rows, test),
    paper: paperDataOf(rows, test, options.resamples),
  };
}

/** Loss curves of the runs behind the rows, each once. */
async function curvesOf(rows: readonly EvaluatedRow[]): Promise<Report['curves']> {
  const runs = new Map<string, string>();
  for (const { trained } of rows) {
    runs.set(trained.variant.name, dirname(trained.checkpoint));
    const { alignment } = trained.variant;
    const isPlain = alignment === 'alignment';
    runs.set(`rectification module (${isPlain ? 'base' : alignment})`, dirname(moduleOf(trained).checkpoint));
    runs.set(isPlain ? 'alignment without stage 1' : alignment, dirname(trained.alignment.checkpoint));
  }
  return Promise.all(
    [...runs].map(async ([name, folder]) => {
      const lines = await readMetrics(join(folder, 'metrics.jsonl'));
      const points = lines.map(({ step, loss, parts }) => ({ step, loss, parts: withoutScales(parts) }));
      return { name, points };
    }),
  );
}

/** Logit scales are no losses: a hundred of them would flatten the curves. */
function withoutScales(parts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !name.endsWith('LogitScale')));
}

/** First answers of each variant against the base's; and each loop's final answers against its own first ones. */
function comparisonsOf({ rows, resamples }: BuildReportOptions): Report['comparisons'] {
  const [base] = rows;
  if (base === undefined) return [];
  const variants = rows.filter(({ name, trained }) => name === trained.variant.name);
  const compare = (
    a: readonly SceneItem[],
    b: readonly SceneItem[],
    names: { readonly baseline: string; readonly variant: string },
  ): Report['comparisons'] =>
    Object.entries(COMPARED).flatMap(([kind, metric]) => {
      const of = (items: readonly SceneItem[]) => items.filter((item) => item.kind === kind);
      const [before, after] = [of(a), of(b)];
      if (before.length === 0) return [];
      const value = ({ right }: SceneItem): number => (right ? 1 : 0);
      const groups = before.map(({ sample }) => sample);
      const found = pairedDifference({ a: before.map(value), b: after.map(value), groups, resamples });
      return [{ ...names, metric, ...found, n: before.length }];
    });
  return [
    ...variants.slice(1).flatMap(({ name, scores }) =>
      compare(base.scores.items, scores.items, {
        baseline: 'base',
        variant: name,
      }),
    ),
    ...rows.flatMap(({ name, scores, finalScores }) =>
      compare(scores.items, finalScores.items, {
        baseline: `${name}: first answers`,
        variant: `${name}: after the loop`,
      }),
    ),
  ];
}

/** A trajectory of a row's loop. */
interface Story {
  readonly row: string;
  readonly trajectory: Trajectory;
  readonly question: Question;
  readonly ending: ReturnType<typeof endingOf>;
}

/**
 * Trajectories of the loops: what they broke, fixed and left, a few of each, each on an image and of
 * a kind of question of its own. Those that were revised come first, and of these the ones whose
 * critic does not see the truth.
 */
function examplesOf(rows: readonly EvaluatedRow[], test: SceneData): ReportExample[] {
  const questionOf = new Map(test.questions.map((question) => [question.id, question]));
  const stories = rows
    .toSorted((a, b) => Number(a.criticKind === 'oracle') - Number(b.criticKind === 'oracle'))
    .flatMap(({ name, loop }): Story[] =>
      loop.trajectories.flatMap((trajectory) => {
        const question = questionOf.get(trajectory.id);
        return question === undefined
          ? []
          : [{ row: name, trajectory, question, ending: endingOf(question, trajectory) }];
      }),
    );
  const isRevised = ({ trajectory: { attempts } }: Story): number => (attempts.length > 1 ? 0 : 1);
  const ordered = stories.toSorted((a, b) => isRevised(a) - isRevised(b));
  const images = new Set<string>();
  return (['broken', 'fixed', 'still wrong', 'still right'] as const).flatMap((ending) => {
    const kinds = new Set<QuestionKind>();
    return ordered
      .filter(({ ending: its, question: { kind, sample } }) => {
        if (its !== ending || kinds.has(kind) || images.has(sample) || kinds.size === EXAMPLES) return false;
        kinds.add(kind);
        images.add(sample);
        return true;
      })
      .flatMap(({ row, question, trajectory }) => {
        const sample = test.sampleOf.get(question.sample);
        return sample === undefined ? [] : [{ ...reportExample(question, trajectory, sample), variant: row }];
      });
  });
}

function endingOf(
  question: Question,
  { attempts, final }: Trajectory,
): 'broken' | 'fixed' | 'still wrong' | 'still right' {
  const was = isRight(question, attempts[0]?.response ?? '');
  const is = isRight(question, final);
  if (was) return is ? 'still right' : 'broken';
  return is ? 'fixed' : 'still wrong';
}
