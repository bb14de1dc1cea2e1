/** Batch sizes that are captured; others are padded to the next, so that captures are few. */
const SIZES = [1, 8, 32, 64, 128, 256] as const;

/** The captured batch size for `count` rows: the next of 1, 8, 32, 64, ..., at most `most`. */
export function batchSizeFor(count: number, most: number): number {
  return Math.min(most, SIZES.find((size) => size >= count) ?? count);
}

/** `value` rounded up to a multiple of `unit`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
