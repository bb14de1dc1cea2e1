/** A length that is not known before a graph runs, with the lengths that stand for it while the program is captured. */
export interface SampledDimension {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** A third length, at which what was found is checked. */
  readonly check: number;
}

/**
 * A whole number that depends on some dimensions: the sum over all sets of them of a coefficient
 * times their product. Entry `set` is the coefficient of the set whose bits are in its index;
 * entry 0 that of no dimension.
 */
export type DimensionPolynomial = readonly number[];

/**
 * The polynomial, linear in each dimension, that has the given values where each dimension is `low` or
 * `high`; undefined where it has no whole coefficients.
 *
 * @param values - by sets as in {@link DimensionPolynomial}: a dimension of the set is `high`, another one `low`
 */
export function fitPolynomial(
  dimensions: readonly SampledDimension[],
  values: readonly number[],
): DimensionPolynomial | undefined {
  const coefficients = [...values];
  for (const [d, { low, high }] of dimensions.entries()) {
    const bit = 1 << d;
    for (let set = 0; set < coefficients.length; set++) {
      if ((set & bit) !== 0) continue;
      const [atLow, atHigh] = [coefficients[set] as number, coefficients[set | bit] as number];
      const slope = (atHigh - atLow) / (high - low);
      coefficients[set] = atLow - slope * low;
      coefficients[set | bit] = slope;
    }
  }
  return coefficients.every(Number.isSafeInteger) ? coefficients : undefined;
}

/** The polynomial at some lengths of its dimensions. */
export function valueAt(polynomial: DimensionPolynomial, lengths: readonly number[]): number {
  return polynomial.reduce(
    (sum, coefficient, set) =>
      sum + coefficient * lengths.reduce((all, length, d) => ((set >> d) & 1 ? all * length : all), 1),
    0,
  );
}

/** A length as graphs declare it: a number, or such as `past + sequence`. */
export function polynomialText(
  polynomial: DimensionPolynomial,
  dimensions: readonly SampledDimension[],
): number | string {
  const terms = polynomial.flatMap((coefficient, set) => {
    if (coefficient === 0) return [];
    const names = dimensions.filter((_, d) => (set >> d) & 1).map(({ name }) => name);
    if (names.length === 0) return [String(coefficient)];
    return [[...(coefficient === 1 ? [] : [String(coefficient)]), ...names].join('*')];
  });
  const isNumber = polynomial.every((coefficient, set) => set === 0 || coefficient === 0);
  return isNumber ? (polynomial[0] ?? 0) : terms.join(' + ');
}
