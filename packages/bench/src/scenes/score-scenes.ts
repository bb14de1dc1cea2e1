import type { Question, QuestionKind, RegionSample } from '@fgam/data';
import { type Interval, ratioInterval } from '../bootstrap.js';
import { matchPredictions, type Prediction, type PredictionFaults } from '../match-predictions.js';
import { yesNoScores, type YesNoRow } from '../yes-no.js';
import { captionCounts } from './caption-counts.js';
import { type CaptionCounts, isFaithful } from './caption-hallucinations.js';
import { isParsable, isRight } from './is-right.js';
import { parseYesNo } from './parse-answer.js';

/** One number of a task. */
export interface SceneScore {
  /** `existence`, `existence/random`, `spatial`, `grounding`, ... */
  readonly task: string;
  /** `accuracy`, `f1`, `precisionAt50`, ...; all are shares, 0..1. */
  readonly metric: string;
  /** NaN where there is nothing to divide by. */
  readonly value: number;
  /** Of how many questions (or claims, for hallucination rates) it is a share. */
  readonly n: number;
  /** 95 % interval by a bootstrap over images. */
  readonly interval: Interval;
}

/** One question's result: what accounting and paired differences are made from. */
export interface SceneItem {
  readonly id: string;
  readonly sample: string;
  readonly kind: QuestionKind;
  readonly right: boolean;
}

/** The scores of one run over a question file. */
export interface SceneScores {
  readonly n: number;
  readonly faults: PredictionFaults;
  readonly scores: readonly SceneScore[];
  readonly items: readonly SceneItem[];
}

/** What `scoreScenes` takes. */
export interface ScoreScenesOptions {
  readonly questions: readonly Question[];
  /** The truth of captions; every caption question's sample must be here. */
  readonly samples: readonly RegionSample[];
  readonly predictions: readonly Prediction[];
  /**
   * Counts missing, duplicate and unparsable answers as wrong, and passes over unknown ones; all
   * are listed. Default false.
   */
  readonly allowMissing?: boolean;
  /** Of the bootstrap; default 0. */
  readonly seed?: number;
  /** Of the bootstrap; default 1000. */
  readonly resamples?: number;
}

interface Row {
  readonly item: Question;
  readonly answer: string | undefined;
  readonly right: boolean;
}

/**
 * Scores answers to scene questions: existence (POPE's rates a setting and overall), spatial,
 * grounding (precision at IoU 0.5), attribute, reasoning, location, and captions (hallucination rates
 * by type, object recall).
 *
 * Caption rates, over the sums of all captions: `objectHallucination` = mentions of a kind that is not
 * there / mentions, `attributeHallucination` = false size or texture / mentions of a kind that is there,
 * `relationHallucination` = false place / places said of a kind that is there, `objectRecall` = objects
 * named / objects. A missing caption counts as one false claim of each type.
 *
 * @throws FgamError `bench/bad-predictions` (names the rows), `bench/bad-truth` where a caption's sample is not given
 * @example
 * ```ts
 * import { scoreScenes } from '@fgam/bench';
 *
 * const question = { sample: '1', kind: 'spatial', question: 'is the red circle left of the blue square ?' } as const;
 * const questions = [{ ...question, id: 'a', answer: 'yes' }, { ...question, id: 'b', answer: 'no' }];
 * const predictions = [{ id: 'b', answer: 'yes' }, { id: 'a', answer: 'yes' }];
 * const { scores } = scoreScenes({ questions, samples: [], predictions });
 * if (scores.find((score) => score.metric === 'accuracy')?.value !== 0.5) throw new Error('wrong accuracy');
 * ```
 */
export function scoreScenes(options: ScoreScenesOptions): SceneScores {
  const { questions, samples, predictions, allowMissing = false } = options;
  const matched = matchPredictions('scoreScenes', questions, predictions, isParsable, allowMissing);
  const captions = captionCounts('scoreScenes', matched.rows, samples);
  const rows = matched.rows.map(({ item, answer }): Row => {
    const counts = captions.get(item.id);
    const right = counts ? isFaithful(counts) : answer !== undefined && isRight(item, answer);
    return { item, answer, right };
  });
  const of = (kind: QuestionKind): Row[] => rows.filter((row) => row.item.kind === kind);
  const existence = of('existence');
  const settings = (['random', 'popular', 'adversarial'] as const).flatMap((setting) => {
    const part = existence.filter((row) => row.item.setting === setting);
    return yesNoTask(`existence/${setting}`, part, options);
  });
  return {
    n: rows.length,
    faults: matched.faults,
    scores: [
      ...yesNoTask('existence', existence, options),
      ...settings,
      ...yesNoTask('spatial', of('spatial'), options).filter(({ metric }) =>
        ['accuracy', 'yesRatio'].includes(metric),
      ),
      ...shareTask('grounding', 'precisionAt50', of('grounding'), options),
      ...shareTask('attribute', 'accuracy', of('attribute'), options),
      ...shareTask('reasoning', 'accuracy', of('reasoning'), options),
      ...shareTask('reasoning', 'errorRate', of('reasoning'), options),
      ...shareTask('location', 'accuracy', of('location'), options),
      ...captionTask(of('caption'), captions, options),
    ],
    items: rows.map(({ item, right }) => ({ id: item.id, sample: item.sample, kind: item.kind, right })),
  };
}

function yesNoTask(task: string, rows: readonly Row[], options: ScoreScenesOptions): SceneScore[] {
  if (rows.length === 0) return [];
  const given = rows.map(
    ({ item, answer }): YesNoRow => ({
      truth: item.answer === 'yes' ? 'yes' : 'no',
      answer: answer === undefined ? undefined : parseYesNo(answer),
      group: item.sample,
    }),
  );
  return yesNoScores(given, options).map((score) => ({ task, ...score }));
}

function shareTask(
  task: string,
  metric: string,
  rows: readonly Row[],
  options: ScoreScenesOptions,
): SceneScore[] {
  if (rows.length === 0) return [];
  const counted = rows.map(({ right }) => (right === (metric !== 'errorRate') ? 1 : 0));
  return [
    ratioScore(
      task,
      metric,
      counted,
      counted.map(() => 1),
      rows,
      options,
    ),
  ];
}

function captionTask(
  rows: readonly Row[],
  captions: ReadonlyMap<string, CaptionCounts>,
  options: ScoreScenesOptions,
): SceneScore[] {
  if (rows.length === 0) return [];
  const column = (name: keyof CaptionCounts): number[] =>
    rows.map(({ item }) => captions.get(item.id)?.[name] ?? 0);
  const rate = (metric: string, top: keyof CaptionCounts, bottom: keyof CaptionCounts): SceneScore =>
    ratioScore('caption', metric, column(top), column(bottom), rows, options);
  return [
    rate('objectHallucination', 'wrongObjects', 'mentions'),
    rate('attributeHallucination', 'wrongAttributes', 'attributeClaims'),
    rate('relationHallucination', 'wrongRelations', 'relationClaims'),
    rate('objectRecall', 'found', 'objects'),
    ...shareTask('caption', 'accuracy', rows, options),
  ];
}

function ratioScore(
  task: string,
  metric: string,
  numerators: readonly number[],
  denominators: readonly number[],
  rows: readonly Row[],
  options: ScoreScenesOptions,
): SceneScore {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const n = sum(denominators);
  const groups = rows.map(({ item }) => item.sample);
  return {
    task,
    metric,
    value: sum(numerators) / n,
    n,
    interval: ratioInterval(numerators, denominators, groups, options),
  };
}
