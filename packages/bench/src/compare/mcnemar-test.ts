import { benchError } from '../error.js';
import { incompleteBeta } from './distributions.js';

/** What {@link mcnemarTest} found. */
export interface McnemarResult {
  /** Questions that only the first system got right. */
  readonly onlyFirst: number;
  /** Questions that only the second got right. */
  readonly onlySecond: number;
  /** Two-sided; 1 where no question tells the two apart. */
  readonly pValue: number;
}

/**
 * McNemar's exact test: whether two systems are right equally often, judged by the questions that one got
 * right and the other did not.
 *
 *     p = min(1, 2 P[X <= min(b, c)]),  X ~ Binomial(b + c, 1/2)
 *
 * It takes questions as independent; where many are about one image, trust the bootstrap over images
 * (`compareSystems`) instead.
 *
 * @throws FgamError `bench/bad-input` where the two differ in length
 * @see McNemar 1947 (Psychometrika 12); the exact form: Agresti, Categorical Data Analysis, section 11.1
 * @example
 * ```ts
 * import { mcnemarTest } from '@fgam/bench';
 *
 * const first = [true, false, false, false, true];
 * const second = [true, true, true, true, true];
 * const { onlySecond, pValue } = mcnemarTest(first, second);
 * // Three of three go one way: 2 / 2^3.
 * if (onlySecond !== 3 || Math.abs(pValue - 0.25) > 1e-9) throw new Error(`p ${pValue}`);
 * ```
 */
export function mcnemarTest(first: readonly boolean[], second: readonly boolean[]): McnemarResult {
  if (first.length !== second.length)
    throw benchError(
      'bench/bad-input',
      `mcnemarTest: expected the same questions for both, got ${first.length} and ${second.length}; align them by id first`,
    );
  const onlyFirst = first.filter((right, row) => right && second[row] !== true).length;
  const onlySecond = second.filter((right, row) => right && first[row] !== true).length;
  const fewer = Math.min(onlyFirst, onlySecond);
  const told = onlyFirst + onlySecond;
  // P[X <= k] of a binomial is an incomplete beta function; with k = n it is 1, which that function does not define.
  const tail = fewer === told ? 1 : incompleteBeta(0.5, told - fewer, fewer + 1);
  return { onlyFirst, onlySecond, pValue: Math.min(1, 2 * tail) };
}
