import { type BootstrapOptions, type Interval, sumsInterval } from '../bootstrap.js';
import { benchError } from '../error.js';

/** How far apart two values are: `nominal` not equal; `ordinal` by how many values lie between them. */
export type AlphaMetric = 'nominal' | 'ordinal';

/** A unit's values, one a coder who judged it, and the group that it is drawn with. */
export interface AlphaUnit {
  readonly values: readonly number[];
  readonly group: string;
}

/** Agreement with its interval. */
export interface Alpha {
  /** 1 where all agree, 0 where they agree as by chance; undefined where all values are one, or no unit has two. */
  readonly alpha: number | undefined;
  readonly interval: Interval;
  /** Values in units that two or more coders judged. */
  readonly n: number;
}

/**
 * Krippendorff's alpha, `1 - D_o / D_e` by coincidences: with `o_ck` the coincidences of values c and k
 * within units (each pair of a unit of m values counts `1 / (m - 1)`), `n_c` their margins and `n` their sum,
 *
 *     alpha = 1 - (n - 1) sum_ck o_ck d_ck / sum_ck n_c n_k d_ck
 *
 * where `d_ck` is 1 for c != k (nominal), or the square of `sum_(g = c..k) n_g - (n_c + n_k) / 2`
 * (ordinal). Units of fewer than two values are left out. The interval draws groups with
 * replacement, as `bootstrapInterval`.
 *
 * Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
 *
 * @throws FgamError `bench/bad-input` for values that are not whole numbers
 * @example
 * ```ts
 * import { krippendorffAlpha } from '@fgam/bench';
 *
 * const units = [[1, 1], [2, 2], [1, 2]].map((values, index) => ({ values, group: String(index) }));
 * const { alpha } = krippendorffAlpha(units, 'nominal');
 * if (!(Math.abs((alpha ?? 0) - 4 / 9) < 1e-12)) throw new Error(`${alpha}`);
 * ```
 */
export function krippendorffAlpha(
  units: readonly AlphaUnit[],
  metric: AlphaMetric,
  options: BootstrapOptions = {},
): Alpha {
  const judged = units.filter(({ values }) => values.length > 1);
  const all = judged.flatMap(({ values }) => values);
  const wrong = all.find((value) => !Number.isInteger(value));
  if (wrong !== undefined)
    throw benchError(
      'bench/bad-input',
      `krippendorffAlpha: expected whole numbers, got ${wrong}; number the values in their order`,
    );
  const scale = [...new Set(all)].sort((a, b) => a - b);
  const width = scale.length;
  const columns = Array.from({ length: width * width }, () => new Array<number>(judged.length).fill(0));
  judged.forEach(({ values }, unit) => {
    values.forEach((c, first) => {
      values.forEach((k, second) => {
        const column = columns[scale.indexOf(c) * width + scale.indexOf(k)];
        if (first !== second && column) column[unit] = (column[unit] ?? 0) + 1 / (values.length - 1);
      });
    });
  });
  const sums = Float64Array.from(columns, (column) => column.reduce((sum, value) => sum + value, 0));
  const alpha = alphaOf(sums, width, metric);
  return {
    alpha: Number.isNaN(alpha) ? undefined : alpha,
    interval: sumsInterval(
      columns,
      judged.map(({ group }) => group),
      (drawn) => alphaOf(drawn, width, metric),
      options,
    ),
    n: all.length,
  };
}

/** Alpha of a table of coincidences; NaN where one value is all there is. */
function alphaOf(coincidences: Float64Array, width: number, metric: AlphaMetric): number {
  const margins = Array.from({ length: width }, (_, c) =>
    coincidences.subarray(c * width, (c + 1) * width).reduce((sum, value) => sum + value, 0),
  );
  const n = margins.reduce((sum, value) => sum + value, 0);
  let observed = 0;
  let expected = 0;
  margins.forEach((ofC, c) => {
    // Values up to and with k, from c on.
    let between = 0;
    for (let k = c; k < width; k += 1) {
      const ofK = margins[k] ?? 0;
      between += ofK;
      if (k === c) continue;
      const distance = metric === 'nominal' ? 1 : (between - (ofC + ofK) / 2) ** 2;
      observed += (coincidences[c * width + k] ?? 0) * distance;
      expected += ofC * ofK * distance;
    }
  });
  return 1 - ((n - 1) * observed) / expected;
}
