import type { Rollout } from './rollout.js';

/** What is watched of an iteration's first answers and final responses; shares 0..1. */
export interface RolloutFigures {
  /** Mean of the last round's R. */
  readonly reward: number;
  /** Mean of the first round's R. */
  readonly firstReward: number;
  /** Mean tokens of a response. */
  readonly length: number;
  /** Share of final responses that claim nothing: refusals, and what can't be read. */
  readonly refusals: number;
  /** Share of final yes/no answers that are yes; undefined where there are fewer than {@link LEAST_WATCHED}. */
  readonly yesRatio?: number;
  /**
   * Share of final responses that a second critic, which is not the reward, judges
   * otherwise; undefined without one.
   */
  readonly disagreement?: number;
}

/** How far a figure may go from that of the first iteration. */
export interface AlarmLimits {
  /** Factor, up or down. Default 2. */
  readonly length?: number;
  /** Difference of shares. Default 0.2. */
  readonly refusals?: number;
  /** Difference of shares, up or down. Default 0.3. */
  readonly yesRatio?: number;
  /** Difference of shares. Default 0.2. */
  readonly disagreement?: number;
}

/** What a response says for the figures. */
export interface ResponseReading {
  /** Whether it claims anything. */
  readonly claims: boolean;
  readonly yesNo?: 'yes' | 'no' | undefined;
}

/**
 * Shares of fewer trajectories than these say too little to end a run by.
 *
 * @example
 * ```ts
 * import { LEAST_WATCHED } from '@fgam/trainer';
 *
 * // What `questions` times samples of an RL step should be at least, so that its alarms can sound.
 * if (LEAST_WATCHED !== 20) throw new Error(String(LEAST_WATCHED));
 * ```
 */
export const LEAST_WATCHED = 20;

/** The figures of rollouts. */
export function rolloutFigures(
  rollouts: readonly Rollout[],
  read: (question: string, response: string) => ResponseReading,
  disagreement?: number,
): RolloutFigures {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const readings = rollouts.map(({ trajectory }) => read(trajectory.question, trajectory.final));
  const answers = readings.flatMap(({ yesNo }) => yesNo ?? []);
  return {
    reward: mean(rollouts.map(({ rounds }) => rounds.at(-1)?.score ?? 0)),
    firstReward: mean(rollouts.map(({ rounds }) => rounds[0]?.score ?? 0)),
    length: mean(rollouts.flatMap(({ rounds }) => rounds.map(({ tokens }) => tokens.length))),
    refusals: mean(readings.map(({ claims }) => (claims ? 0 : 1))),
    ...(answers.length < LEAST_WATCHED
      ? {}
      : { yesRatio: mean(answers.map((answer) => (answer === 'yes' ? 1 : 0))) }),
    ...(disagreement === undefined ? {} : { disagreement }),
  };
}

/**
 * Signs that the policy games its reward instead of earning it, in words; none where all is well.
 *
 * @param first - the figures of the first iteration, before RL changed anything
 * @example
 * ```ts
 * import { hackingAlarms } from '@fgam/trainer';
 *
 * const first = { reward: 0.1, firstReward: 0.1, length: 6, refusals: 0 };
 * const [alarm] = hackingAlarms(first, { ...first, reward: 0.6, length: 2 });
 * if (alarm !== 'tokens a response went from 6.00 to 2.00') throw new Error(alarm);
 * ```
 */
export function hackingAlarms(
  first: RolloutFigures,
  now: RolloutFigures,
  limits: AlarmLimits = {},
): string[] {
  const { length = 2, refusals = 0.2, yesRatio = 0.3, disagreement = 0.2 } = limits;
  const alarms: string[] = [];
  const say = (name: string, from: number, to: number): void => {
    alarms.push(`${name} went from ${from.toFixed(2)} to ${to.toFixed(2)}`);
  };
  if (now.length > length * first.length || now.length < first.length / length)
    say('tokens a response', first.length, now.length);
  if (now.refusals - first.refusals > refusals)
    say('responses without a claim', first.refusals, now.refusals);
  if (
    first.yesRatio !== undefined &&
    now.yesRatio !== undefined &&
    Math.abs(now.yesRatio - first.yesRatio) > yesRatio
  )
    say('yes-ratio', first.yesRatio, now.yesRatio);
  if (
    first.disagreement !== undefined &&
    now.disagreement !== undefined &&
    now.disagreement - first.disagreement > disagreement
  )
    say('disagreement of the second critic', first.disagreement, now.disagreement);
  return alarms;
}
