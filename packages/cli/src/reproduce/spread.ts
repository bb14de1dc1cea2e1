import { mean, sampleStandardDeviation } from 'simple-statistics';

/** A number over several seeds. */
export interface Spread {
  /** One value a seed. */
  readonly values: readonly number[];
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean by Student's t; undefined for one seed. */
  readonly half: number | undefined;
}

/** 97.5 % quantiles of Student's t by degrees of freedom, 1 to 30; beyond, the normal's. Source: any table of t. */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const NORMAL = 1.96;

/** Mean and interval of one value a seed. */
export function spread(values: readonly number[]): Spread {
  return { values, mean: mean([...values]), half: halfWidth(values) };
}

function halfWidth(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const t = STUDENT_T[values.length - 2] ?? NORMAL;
  return (t * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
}
