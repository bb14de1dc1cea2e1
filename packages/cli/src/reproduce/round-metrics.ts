import { correctionAccounting, errorTypeOf, isRight, type Prediction, type RoundCounts } from '@fgam/bench';
import type { Trajectory } from '@fgam/data';
import { chooseFinal } from '@fgam/rectifier';
import { type LoopResult, scoreAnswers } from '../quickstart/evaluate.js';
import type { SceneData } from '../scene-data.js';

/** Numbers by name. */
export type Metrics = Readonly<Record<string, number>>;

/** Scores that are taken over, by task and metric. */
const TAKEN = [
  'existence.accuracy',
  'existence.yesRatio',
  'spatial.accuracy',
  'spatial.yesRatio',
  'grounding.precisionAt50',
  'attribute.accuracy',
  'reasoning.accuracy',
  'caption.accuracy',
  'caption.objectHallucination',
  'caption.attributeHallucination',
  'caption.relationHallucination',
  'caption.objectRecall',
];
/** Shares of wrong answers by type of error: 1 - score. */
const ERRORS: readonly (readonly [name: string, score: string])[] = [
  ['error.object', 'existence.accuracy'],
  ['error.attribute', 'attribute.accuracy'],
  ['error.relation', 'spatial.accuracy'],
  ['error.reasoning', 'reasoning.accuracy'],
  ['error.grounding', 'grounding.precisionAt50'],
];

/** What {@link roundMetrics} takes. */
export interface RoundMetricsOptions {
  readonly loop: Pick<LoopResult, 'trajectories' | 'seconds'>;
  readonly data: SceneData;
  /** K. */
  readonly rounds: number;
  /** What the first answers took, all together. */
  readonly answerSeconds: number;
}

/**
 * Metrics after 0, 1, ... K rounds, all from one run of the loop with K: its first k rounds are those of a loop with k.
 *
 * What {@link answerMetrics} says; `fixed.TYPE`, `broken.TYPE` and `net.TYPE`, counts against the first
 * answers; `seconds` a question, and `latency`, how many times that is of the first answers.
 */
export function roundMetrics({ loop, data, rounds, answerSeconds }: RoundMetricsOptions): Metrics[] {
  const { trajectories } = loop;
  return Array.from({ length: rounds + 1 }, (_, k): Metrics => {
    const cut = trajectories.map((trajectory) => trajectoryAfter(trajectory, k));
    const answers = cut.map(({ id, final }): Prediction => ({ id, answer: final }));
    const total = secondsAfter(loop.seconds, k, answerSeconds);
    return finite({
      ...answerMetrics(data, answers),
      ...changes(cut, data),
      seconds: total / Math.max(1, trajectories.length),
      latency: total / answerSeconds,
    });
  });
}

/** Scores of answers by `task.metric`, and `error.TYPE`, the share of wrong ones. */
export function answerMetrics(data: SceneData, answers: readonly Prediction[]): Metrics {
  const scores = new Map(
    scoreAnswers(data, answers, 1).scores.map(({ task, metric, value }) => [`${task}.${metric}`, value]),
  );
  const of = (name: string): number => scores.get(name) ?? Number.NaN;
  return finite({
    ...Object.fromEntries(TAKEN.map((name) => [name, of(name)])),
    ...Object.fromEntries(ERRORS.map(([name, score]) => [name, 1 - of(score)])),
  });
}

/** A trajectory as it would be with fewer rounds. */
export function trajectoryAfter(trajectory: Trajectory, rounds: number): Trajectory {
  const attempts = trajectory.attempts.slice(0, rounds + 1);
  if (attempts.length === trajectory.attempts.length) return trajectory;
  return { ...trajectory, attempts, final: chooseFinal(attempts, trajectory.question), stop: 'max-rounds' };
}

type Changes = Pick<RoundCounts, 'fixed' | 'broken' | 'net'>;

/** Answers fixed and broken since the first ones, in all and by type of error. */
function changes(trajectories: readonly Trajectory[], data: SceneData): Metrics {
  const { total } = correctionAccounting(trajectories, data.questions, isRight);
  const byType = new Map<string, Changes>([['all', total.overall]]);
  for (const [kind, counts] of Object.entries(total.byKind)) {
    const type = errorTypeOf(kind);
    const { fixed, broken, net } = byType.get(type) ?? { fixed: 0, broken: 0, net: 0 };
    byType.set(type, {
      ...{ fixed: fixed + counts.fixed, broken: broken + counts.broken },
      net: net + counts.net,
    });
  }
  return Object.fromEntries(
    [...byType].flatMap(([type, { fixed, broken, net }]) => [
      [`fixed.${type}`, fixed],
      [`broken.${type}`, broken],
      [`net.${type}`, net],
    ]),
  );
}

/** The first answers, k revisions and all feedback up to that on the last of them. */
function secondsAfter(seconds: LoopResult['seconds'], k: number, answering: number): number {
  if (k === 0) return answering;
  return seconds.slice(0, k + 1).reduce((sum, { critic, revision }) => sum + critic + revision, answering);
}

function finite(metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
