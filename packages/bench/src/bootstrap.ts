import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { quantileSorted } from 'simple-statistics';
import { benchError } from './error.js';

/** Lower and upper end of an interval. */
export type Interval = readonly [number, number];

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  /** Default 1000. */
  readonly resamples?: number;
  /** Coverage of the interval, 0..1; default 0.95. */
  readonly level?: number;
  /** Default 0; the same seed gives the same interval. */
  readonly seed?: number;
}

/** Values with the group that each belongs to, and what is computed from them. */
export interface BootstrapInput extends BootstrapOptions {
  /** One a row. */
  readonly values: readonly number[];
  /** One a row: rows of one group (an image's questions) are drawn together, as they are not independent. */
  readonly groups: readonly string[];
  /** Of the drawn rows' values; default their mean. Undefined results (NaN: nothing to divide by) are left out. */
  readonly statistic?: (values: Float64Array) => number;
}

/** Rows ordered by group: group `g` holds `rows[start[g]] .. rows[start[g + 1] - 1]`. */
interface Clusters {
  readonly count: number;
  readonly start: Int32Array;
  readonly rows: Int32Array;
}

/**
 * Percentile interval of a statistic, by a bootstrap over groups: as many groups as there are, drawn
 * with replacement; the interval is the `(1 - level) / 2` and `(1 + level) / 2` quantiles of the
 * statistic over the resamples.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13 (percentile interval); Field and
 * Welsh 2007 (resampling of clusters). With one group nothing varies and the interval is the value itself.
 *
 * @returns `[NaN, NaN]` without rows
 * @throws FgamError `bench/bad-input` where `values` and `groups` differ in length or an option is out of range
 * @example
 * ```ts
 * import { bootstrapInterval } from '@fgam/bench';
 *
 * const values = Array.from({ length: 100 }, (_, row) => (row % 4 === 0 ? 0 : 1));
 * const groups = values.map((_, row) => `image ${Math.floor(row / 2)}`);
 * const [low, high] = bootstrapInterval({ values, groups, seed: 7 });
 * if (!(low < 0.75 && high > 0.75)) throw new Error('the mean is not inside');
 * ```
 */
export function bootstrapInterval(input: BootstrapInput): Interval {
  const { values, groups, statistic } = input;
  checkRows('bootstrapInterval', values.length, groups);
  if (!statistic) return meanOfSums('bootstrapInterval', [values, values.map(() => 1)], groups, input);
  const clusters = clusterRows(groups);
  const data = Float64Array.from(values);
  return resample('bootstrapInterval', clusters, input, (chosen) => {
    let size = 0;
    for (const group of chosen) size += at(clusters.start, group + 1) - at(clusters.start, group);
    const buffer = new Float64Array(size);
    let next = 0;
    for (const group of chosen)
      for (let row = at(clusters.start, group); row < at(clusters.start, group + 1); row += 1)
        buffer[next++] = data[at(clusters.rows, row)] ?? 0;
    return statistic(buffer);
  });
}

/**
 * Percentile interval of a ratio of sums `sum(numerators) / sum(denominators)` over drawn groups, as
 * `bootstrapInterval`. Sums a group are taken once, so that a resample costs one addition a group.
 *
 * @throws FgamError `bench/bad-input` where lengths differ or an option is out of range
 * @example
 * ```ts
 * import { ratioInterval } from '@fgam/bench';
 *
 * // False claims of all claims: 1 of 4 about image a, 3 of 4 about image b.
 * const [errors, claims, images] = [[0, 1, 3], [1, 3, 4], ['a', 'a', 'b']];
 * const [low, high] = ratioInterval(errors, claims, images);
 * // Two images are drawn: a twice (0.25) or b twice (0.75), each in a quarter of the draws, else both (0.5).
 * if (low !== 0.25 || high !== 0.75) throw new Error(`${low} ${high}`);
 * ```
 */
export function ratioInterval(
  numerators: readonly number[],
  denominators: readonly number[],
  groups: readonly string[],
  options: BootstrapOptions = {},
): Interval {
  return meanOfSums('ratioInterval', [numerators, denominators], groups, options);
}

/** The interval of one column's sum over that of another. */
function meanOfSums(
  name: string,
  columns: readonly [numerators: readonly number[], denominators: readonly number[]],
  groups: readonly string[],
  options: BootstrapOptions,
): Interval {
  return intervalOfSums(name, columns, groups, ([top = 0, bottom = 0]) => top / bottom, options);
}

/**
 * Percentile interval of a function of column sums over drawn groups; for statistics such as F1 of counts.
 *
 * @param columns - each of one number a row
 * @param groups - one a row
 * @param statistic - of the drawn rows' sums, one a column; results that are NaN are left out. The array is
 * used again for the next draw
 * @throws FgamError `bench/bad-input` where lengths differ or an option is out of range
 * @example
 * ```ts
 * import { sumsInterval } from '@fgam/bench';
 *
 * // Image a: 1 true positive. Image b: 1 true positive, 1 false positive, 1 false negative.
 * const columns = [[1, 1], [0, 1], [0, 1]];
 * const f1 = ([right = 0, extra = 0, left = 0]: Float64Array) => (2 * right) / (2 * right + extra + left);
 * const [low, high] = sumsInterval(columns, ['a', 'b'], f1);
 * // b twice: 4 / (4 + 2 + 2); a twice: 4 / 4. Each in a quarter of the draws.
 * if (low !== 0.5 || high !== 1) throw new Error(`${low} ${high}`);
 * ```
 */
export function sumsInterval(
  columns: readonly (readonly number[])[],
  groups: readonly string[],
  statistic: (sums: Float64Array) => number,
  options: BootstrapOptions = {},
): Interval {
  return intervalOfSums('sumsInterval', columns, groups, statistic, options);
}

function intervalOfSums(
  name: string,
  columns: readonly (readonly number[])[],
  groups: readonly string[],
  statistic: (sums: Float64Array) => number,
  options: BootstrapOptions,
): Interval {
  for (const column of columns) checkRows(name, column.length, groups);
  const clusters = clusterRows(groups);
  const sums = columns.map((column) => {
    const ofGroups = new Float64Array(clusters.count);
    for (let group = 0; group < clusters.count; group += 1) {
      let total = 0;
      for (let row = at(clusters.start, group); row < at(clusters.start, group + 1); row += 1)
        total += column[at(clusters.rows, row)] ?? 0;
      ofGroups[group] = total;
    }
    return ofGroups;
  });
  const totals = new Float64Array(columns.length);
  return resample(name, clusters, options, (chosen) => {
    sums.forEach((ofGroups, index) => {
      totals[index] = sumOf(ofGroups, chosen);
    });
    return statistic(totals);
  });
}

/** A column at a time: its sum stays in a register. */
function sumOf(values: Float64Array, places: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < places.length; index += 1) sum += values[at(places, index)] ?? 0;
  return sum;
}

/** Per-row values of two systems on the same rows. */
export interface PairedInput extends BootstrapOptions {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly groups: readonly string[];
}

/**
 * `mean(b) - mean(a)` over the same rows with its paired interval: both systems' values of a row are drawn
 * together. An interval that leaves out 0 is a difference at that level.
 *
 * @throws FgamError `bench/bad-input` where lengths differ or an option is out of range
 * @example
 * ```ts
 * import { pairedDifference } from '@fgam/bench';
 *
 * // Questions differ much (0 to 9), the systems little: b has 0.4 or 0.6 more.
 * const a = Array.from({ length: 100 }, (_, row) => row % 10);
 * const b = a.map((value, row) => value + (row % 2 === 0 ? 0.4 : 0.6));
 * const groups = a.map((_, row) => `image ${row}`);
 * const { difference, interval } = pairedDifference({ a, b, groups });
 * if (Math.abs(difference - 0.5) > 1e-9) throw new Error(String(difference));
 * // What the questions share is not in it.
 * if (!(interval[0] > 0.4 && interval[1] < 0.6)) throw new Error(interval.join());
 * ```
 */
export function pairedDifference(input: PairedInput): {
  readonly difference: number;
  readonly interval: Interval;
} {
  const { a, b, groups } = input;
  checkRows('pairedDifference', a.length, groups);
  checkRows('pairedDifference', b.length, groups);
  const values = b.map((value, row) => value - (a[row] ?? 0));
  const difference = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    difference,
    interval: meanOfSums('pairedDifference', [values, values.map(() => 1)], groups, input),
  };
}

function resample(
  name: string,
  clusters: Clusters,
  { resamples = 1000, level = 0.95, seed = 0 }: BootstrapOptions,
  compute: (chosen: Int32Array) => number,
): Interval {
  if (!(Number.isInteger(resamples) && resamples > 0 && level > 0 && level < 1 && Number.isInteger(seed)))
    throw benchError(
      'bench/bad-input',
      `${name}: expected resamples >= 1, 0 < level < 1 and an integer seed, got ${resamples}, ${level} and ${seed}; pass whole numbers`,
    );
  if (clusters.count === 0) return [Number.NaN, Number.NaN];
  const draw = createDraws(clusters.count, seed);
  const results = new Float64Array(resamples);
  let kept = 0;
  for (let round = 0; round < resamples; round += 1) {
    const value = compute(draw());
    if (!Number.isNaN(value)) results[kept++] = value;
  }
  if (kept === 0) return [Number.NaN, Number.NaN];
  const sorted = Array.from(results.subarray(0, kept).sort());
  return [quantileSorted(sorted, (1 - level) / 2), quantileSorted(sorted, (1 + level) / 2)];
}

/** Resamples of `count` groups, drawn with replacement; each call fills the same array with the places of the next. */
export function createDraws(count: number, seed: number): () => Int32Array {
  const random = xoroshiro128plus(seed);
  // Small seeds start in states of few set bits: the first draws are thrown away.
  for (let draw = 0; draw < 32; draw += 1) random.next();
  const chosen = new Int32Array(count);
  return () => {
    for (let place = 0; place < count; place += 1)
      chosen[place] = Math.floor(((random.next() >>> 0) / 0x1_0000_0000) * count);
    return chosen;
  };
}

function clusterRows(groups: readonly string[]): Clusters {
  const numberOf = new Map<string, number>();
  const group = Int32Array.from(groups, (name) => {
    const known = numberOf.get(name) ?? numberOf.size;
    numberOf.set(name, known);
    return known;
  });
  const start = new Int32Array(numberOf.size + 1);
  for (const each of group) start[each + 1] = at(start, each + 1) + 1;
  for (let index = 1; index < start.length; index += 1)
    start[index] = at(start, index) + at(start, index - 1);
  const next = start.slice();
  const rows = new Int32Array(groups.length);
  group.forEach((each, row) => {
    rows[at(next, each)] = row;
    next[each] = at(next, each) + 1;
  });
  return { count: numberOf.size, start, rows };
}

function at(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}

function checkRows(name: string, length: number, groups: readonly string[]): void {
  if (length !== groups.length)
    throw benchError(
      'bench/bad-input',
      `${name}: expected one group a row, got ${length} rows and ${groups.length} groups; give each row the id of its image`,
    );
}
