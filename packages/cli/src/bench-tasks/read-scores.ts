import { readJson } from '@fgam/data';
import { z } from 'zod';
import { badScores } from './bad-scores.js';
import { flatMetrics } from './flat-metrics.js';

const metric = z.union([z.number(), z.null(), z.record(z.string(), z.number().nullable())]);
const interval = z.tuple([z.number(), z.number()]).readonly();
const score = z.object({
  task: z.string().min(1),
  dialect: z.string(),
  n: z.number().int(),
  missing: z.number().int(),
  metrics: z.record(z.string(), metric),
  interval: z.record(z.string(), interval),
  notes: z.array(z.string()),
});
const run = z.object({ model: z.string(), score, rectified: z.object({ score }).optional() });
const sceneRow = z.object({
  answers: z.string(),
  task: z.string(),
  metric: z.string(),
  value: z.number().nullable(),
  n: z.number().int(),
  interval: interval.nullable(),
});
const scenes = z.object({ task: z.literal('scenes'), questions: z.number().int(), rows: z.array(sceneRow) });

/** A metric as a report has it. */
export interface SavedMetric {
  readonly value: number | null;
  readonly n: number;
  readonly interval: readonly [number, number] | null;
}

/** The scores of one benchmark in a file: of first answers and, where they were rectified, of final ones. */
export interface SavedScores {
  readonly file: string;
  readonly task: string;
  /** What two files must share, so that their numbers may stand in one line: rules and count of questions. */
  readonly terms: string;
  readonly notes: readonly string[];
  /** By `task.metric`; of scenes by `existence.f1` and the like. */
  readonly first: Readonly<Record<string, SavedMetric>>;
  readonly final?: Readonly<Record<string, SavedMetric>>;
}

/**
 * Reads what `fgam bench score --json` prints, or the `scores.json` of `fgam bench run TASK` and `run scenes`.
 *
 * @throws FgamError `fgam/bad-scores` for another form; `data/missing-file`, `data/bad-json`
 */
export async function readScores(file: string): Promise<SavedScores> {
  const value = await readJson(file);
  const asScenes = scenes.safeParse(value);
  if (asScenes.success) {
    const { rows, questions } = asScenes.data;
    const of = (isFirst: boolean): Record<string, SavedMetric> =>
      Object.fromEntries(
        rows
          .filter(({ answers }) => (answers === 'first') === isFirst)
          .map(({ task, metric: name, value: number, n, interval: ends }) => [
            `${task}.${name}`,
            { value: number, n, interval: ends },
          ]),
      );
    const final = of(false);
    return {
      ...{ file, task: 'scenes', terms: `${questions} questions`, notes: [], first: of(true) },
      ...(Object.keys(final).length === 0 ? {} : { final }),
    };
  }
  const asRun = run.safeParse(value);
  const plain = asRun.success ? asRun.data.score : score.safeParse(value).data;
  if (plain === undefined)
    throw badScores(
      `${file}: expected what fgam bench score --json prints, or the scores.json of fgam bench run, got another form; a run that was not scored has none`,
    );
  const rectified = asRun.success ? asRun.data.rectified?.score : undefined;
  const { task, dialect, n, missing, notes } = plain;
  return {
    ...{ file, task, terms: `${dialect}, ${n} questions` },
    notes: [...notes, ...(missing === 0 ? [] : [`${n} questions, ${missing} of them without an answer`])],
    first: metricsOf(plain),
    ...(rectified === undefined ? {} : { final: metricsOf(rectified) }),
  };
}

/** The parts of a nested metric are named `vqav2.perAnswerType.number`. */
function metricsOf({
  task,
  n,
  metrics,
  interval: intervals,
}: z.infer<typeof score>): Record<string, SavedMetric> {
  return Object.fromEntries(
    flatMetrics(metrics).map(([name, value]) => [
      `${task}.${name}`,
      { value, n, interval: intervals[name] ?? null },
    ]),
  );
}
