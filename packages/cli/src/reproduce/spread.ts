import { studentQuantile } from '@fgam/bench';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** A number over several seeds. */
export interface Spread {
  /** One value a seed. */
  readonly values: readonly number[];
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean by Student's t; undefined for one seed. */
  readonly half: number | undefined;
}

/** Mean and interval of one value a seed. */
export function spread(values: readonly number[]): Spread {
  return { values, mean: mean([...values]), half: halfWidth(values) };
}

/** In words: the mean, with half its interval where there is one; `n/a` for none. */
export function formatSpread(of: Pick<Spread, 'mean' | 'half'> | undefined, digits: number): string {
  if (of === undefined) return 'n/a';
  const value = of.mean.toFixed(digits);
  return of.half === undefined ? value : `${value} ± ${of.half.toFixed(digits)}`;
}

function halfWidth(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const t = studentQuantile(0.975, values.length - 1);
  return (t * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
}
