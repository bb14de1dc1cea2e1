// jstat has no types of its own, and the bundler of types sees a declaration only where it is referred to.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./jstat.d.ts" />
import jstat from 'jstat';

/** I_x(a, b), the regularised incomplete beta function. */
export function incompleteBeta(x: number, a: number, b: number): number {
  return jstat.jStat.ibeta(x, a, b);
}

/** The quantile of the standard normal distribution. */
export function normalQuantile(probability: number): number {
  return jstat.jStat.normal.inv(probability, 0, 1);
}

/**
 * The quantile of Student's t distribution, as intervals of a mean over few runs take it.
 *
 * @param degrees - of freedom: runs less one
 * @example
 * ```ts
 * import { studentQuantile } from '@fgam/bench';
 *
 * // Of the 95 % interval of three runs.
 * if (studentQuantile(0.975, 2).toFixed(3) !== '4.303') throw new Error('other than the tables of t');
 * ```
 */
export function studentQuantile(probability: number, degrees: number): number {
  return jstat.jStat.studentt.inv(probability, degrees);
}
