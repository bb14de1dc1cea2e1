import { createRandom } from '@fgam/data';
import { mean } from 'simple-statistics';
import { bootstrapInterval, type BootstrapOptions, type Interval, pairedDifference } from '../bootstrap.js';
import { type Alpha, krippendorffAlpha } from './krippendorff-alpha.js';
import type { RatingAnswer } from './rating-store.js';
import { SCALES, type ScaleKey } from './scales.js';
import type { Study } from './study.js';

/** A mean over ratings with its interval. */
export interface RatingMean {
  readonly mean: number;
  readonly interval: Interval;
  /** Less that of the study's first system, on the same items by the same raters. */
  readonly difference?: { readonly difference: number; readonly interval: Interval };
}

/** What is told of a study while it goes on: who has rated how much. Systems are letters, not in the study's order. */
export interface UnfinishedEvaluation {
  readonly complete: false;
  readonly items: number;
  /** Responses that are rated on all scales. */
  readonly raters: readonly { readonly name: string; readonly rated: number; readonly of: number }[];
  readonly systems: readonly { readonly name: string; readonly rated: number; readonly of: number }[];
}

/** The result of a study: the paper's Table 5, with intervals and agreement. */
export interface HumanEvaluation {
  readonly complete: true;
  readonly items: number;
  readonly raters: readonly string[];
  /** Means of 1..5; of `factualError` the share of ratings that found one (the hallucination rate, 0..1). */
  readonly systems: readonly {
    readonly name: string;
    readonly scales: Readonly<Record<ScaleKey, RatingMean>>;
  }[];
  /** Krippendorff's alpha over responses: ordinal, of the flag nominal. */
  readonly agreement: Readonly<Record<ScaleKey, Alpha>>;
}

/**
 * Means, hallucination rate and agreement of a study. Until each rater has judged each response on each
 * scale it tells counts alone and no system's name: who sees results early may change what is still to
 * be rated, or when it ends.
 *
 * Intervals draw items with replacement, with all their responses and raters; they say nothing about other raters.
 *
 * @example
 * ```ts
 * import { createStudy, humanEvaluation, SCALES } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * const answers = study.raters.flatMap((rater) =>
 *   [0, 1].flatMap((system) => SCALES.map(({ key: scale }) => ({ rater, item: 'q', system, scale, value: 1 + system }))),
 * );
 * const some = humanEvaluation(study, answers.slice(1));
 * if (some.complete) throw new Error('one value is missing');
 * const all = humanEvaluation(study, answers);
 * if (!all.complete) throw new Error('all is rated');
 * const means = all.systems.map(({ name, scales }) => `${name} ${scales.overall.mean}`);
 * if (means.join() !== 'base 1,rectified 2') throw new Error(means.join());
 * ```
 */
export function humanEvaluation(
  study: Study,
  answers: readonly RatingAnswer[],
  options: BootstrapOptions = {},
): HumanEvaluation | UnfinishedEvaluation {
  const { systems, raters, items } = study;
  const values = new Map(
    answers.map(({ rater, item, system, scale, value }) => [keyOf(rater, item, system, scale), value]),
  );
  const isRated = (rater: string, item: string, system: number): boolean =>
    SCALES.every(({ key }) => values.has(keyOf(rater, item, system, key)));
  const ratedBy = raters.map((rater) =>
    systems.map((_, system) => items.filter(({ id }) => isRated(rater, id, system)).length),
  );
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  if (sum(ratedBy.map(sum)) < raters.length * systems.length * items.length) {
    const letters = createRandom(`${study.seed}/human-eval/letters`).shuffle(
      systems.map((_, index) => index),
    );
    return {
      complete: false,
      items: items.length,
      raters: raters.map((name, rater) => ({
        name,
        rated: sum(ratedBy[rater] ?? []),
        of: items.length * systems.length,
      })),
      systems: letters.map((system, letter) => ({
        name: `system ${String.fromCodePoint(0x41 + letter)}`,
        rated: sum(ratedBy.map((counts) => counts[system] ?? 0)),
        of: items.length * raters.length,
      })),
    };
  }
  const groups = items.flatMap(({ id }) => raters.map(() => id));
  /** By item, and within it by rater. */
  const rows = (system: number, scale: ScaleKey): number[] =>
    items.flatMap(({ id }) =>
      raters.map((rater) => values.get(keyOf(rater, id, system, scale)) ?? Number.NaN),
    );
  const ofScales = <Value>(value: (key: ScaleKey) => Value): Record<ScaleKey, Value> => ({
    localisation: value('localisation'),
    coherence: value('coherence'),
    overall: value('overall'),
    factualError: value('factualError'),
  });
  return {
    complete: true,
    items: items.length,
    raters,
    systems: systems.map((name, system) => ({
      name,
      scales: ofScales((key) => {
        const own = rows(system, key);
        return {
          mean: mean(own),
          interval: bootstrapInterval({ ...options, values: own, groups }),
          ...(system === 0
            ? {}
            : { difference: pairedDifference({ ...options, a: rows(0, key), b: own, groups }) }),
        };
      }),
    })),
    agreement: ofScales((key) => {
      const units = items.flatMap(({ id }) =>
        systems.map((_, system) => ({
          group: id,
          values: raters.map((rater) => values.get(keyOf(rater, id, system, key)) ?? Number.NaN),
        })),
      );
      return krippendorffAlpha(units, key === 'factualError' ? 'nominal' : 'ordinal', options);
    }),
  };
}

function keyOf(rater: string, item: string, system: number, scale: ScaleKey): string {
  return JSON.stringify([rater, item, system, scale]);
}
