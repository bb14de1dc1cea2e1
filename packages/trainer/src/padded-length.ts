/** The longest of some lengths, rounded up to a multiple of a unit: batches of nearly the same length share a graph. */
export function paddedLength(lengths: readonly number[], unit: number): number {
  return unit * Math.ceil(lengths.reduce((most, each) => Math.max(most, each), 1) / unit);
}
