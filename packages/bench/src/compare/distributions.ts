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
