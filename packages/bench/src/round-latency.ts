import { median, quantile } from 'simple-statistics';
import { benchError } from './error.js';
import type { RoundLatency } from './report/paper/paper-schema.js';

/** What one question took, in milliseconds. */
export interface QuestionTiming {
  /** The first answer. */
  readonly answer: number;
  /** In order: the module's feedback and the revision after it; a feedback that accepted has none. */
  readonly rounds: readonly { readonly critic: number; readonly revision?: number }[];
}

/** What {@link roundLatency} takes beside the timings. */
export interface RoundLatencyOptions extends Pick<RoundLatency, 'name' | 'parameters' | 'load'> {
  readonly timings: readonly QuestionTiming[];
}

/**
 * The paper's Table 4: what rounds of rectification cost beside the answer itself.
 *
 * Of each question, `milliseconds(k) = answer + sum over rounds 1..k of (critic + revision)` and
 * `ratio(k) = milliseconds(k) / answer`; the median over the questions that had k rounds, with the quartiles.
 * Ratios are taken question by question, so that a long answer and a short one count alike.
 *
 * Source: the paper, section 4.7 (it adds two averages; here each round is measured).
 *
 * @throws FgamError `bench/bad-input` without timings, or where one is no positive number
 * @example
 * ```ts
 * import { roundLatency } from '@fgam/bench';
 *
 * const timings = [{ answer: 150, rounds: [{ critic: 80, revision: 150 }] }];
 * const { rounds } = roundLatency({ name: 'as the paper assumes', timings });
 * if (rounds[0]?.milliseconds.median !== 380) throw new Error('150 + 80 + 150');
 * ```
 */
export function roundLatency({ name, timings, parameters, load }: RoundLatencyOptions): RoundLatency {
  const bad = timings.filter(
    ({ answer, rounds }) =>
      !isTime(answer) ||
      rounds.some(({ critic, revision }) => !isTime(critic) || (revision !== undefined && !isTime(revision))),
  );
  if (timings.length === 0 || bad.length > 0)
    throw benchError(
      'bench/bad-input',
      `roundLatency: expected one or more timings above 0 ms, got ${timings.length}, ${bad.length} of them with another value; measure each call's time`,
    );
  const critics = timings.flatMap(({ rounds }) => rounds.map(({ critic }) => critic));
  const most = timings.reduce((longest, { rounds }) => Math.max(longest, rounds.length), 0);
  return {
    ...{ name, questions: timings.length, answer: spreadOf(timings.map(({ answer }) => answer)) },
    ...(critics.length === 0 ? {} : { critic: spreadOf(critics) }),
    rounds: Array.from({ length: most }, (_, index) => index + 1).flatMap((round) => {
      const sums = timings.flatMap((timing) => {
        const took = milliseconds(timing, round);
        return took === undefined ? [] : [{ took, ratio: took / timing.answer }];
      });
      if (sums.length === 0) return [];
      return [
        {
          ...{ round, questions: sums.length },
          milliseconds: spreadOf(sums.map(({ took }) => took)),
          ratio: spreadOf(sums.map(({ ratio }) => ratio)),
        },
      ];
    }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(load === undefined ? {} : { load }),
  };
}

/** Undefined where the question had fewer revisions. */
function milliseconds({ answer, rounds }: QuestionTiming, round: number): number | undefined {
  const revised = rounds
    .slice(0, round)
    .flatMap(({ critic, revision }) => (revision === undefined ? [] : [critic + revision]));
  return revised.length < round ? undefined : revised.reduce((sum, took) => sum + took, answer);
}

function isTime(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function spreadOf(values: readonly number[]): RoundLatency['answer'] {
  const sample = [...values];
  return { median: median(sample), quartiles: [quantile(sample, 0.25), quantile(sample, 0.75)] };
}
