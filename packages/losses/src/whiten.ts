/** Keeps the division finite where all advantages are equal. */
const EPSILON = 1e-8;

/**
 * Advantages of a batch shifted and scaled to mean 0 and variance 1: (A - mean) / (std + 1e-8),
 * std over the population.
 *
 * @param rows - the advantages of each trajectory; mean and variance run over all tokens of all of them
 * @returns rows of the same lengths; zeros where all are equal
 * @see Andrychowicz et al. 2020 (arXiv 2006.05990), section 3.5, for where it is taken
 * @example
 * ```ts
 * import { whiten } from '@fgam/losses';
 *
 * // Trajectories of one token and of three: mean 2 and variance 1 over all four.
 * const rows = whiten([Float32Array.of(1), Float32Array.of(3, 1, 3)]);
 * const rounded = rows.map((row) => Array.from(row, (each) => each.toFixed(3)).join());
 * if (rounded.join(' | ') !== '-1.000 | 1.000,-1.000,1.000') throw new Error(rounded.join(' | '));
 * ```
 */
export function whiten(rows: readonly Float32Array[]): Float32Array[] {
  const count = rows.reduce((total, row) => total + row.length, 0);
  if (count === 0) return rows.map((row) => row.slice());
  const sum = rows.reduce((total, row) => row.reduce((all, x) => all + x, total), 0);
  const mean = sum / count;
  const squares = rows.reduce((total, row) => row.reduce((all, x) => all + (x - mean) ** 2, total), 0);
  const scale = 1 / (Math.sqrt(squares / count) + EPSILON);
  return rows.map((row) => row.map((x) => (x - mean) * scale));
}
