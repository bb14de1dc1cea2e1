/**
 * A number to some decimal places, as Python's `round`: correctly from its binary value, and to the even
 * digit where that value is exactly between two. `toFixed` is correct too, but goes up there.
 */
export function roundHalfEven(value: number, places: number): number {
  const rounded = Number(value.toFixed(places));
  // A binary value is half-way between two decimals of n places only as an odd multiple of
  // 2^-(n + 1); that product is exact.
  const halves = value * 2 ** (places + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return rounded;
  const unit = 10 ** -places;
  const lower = Number((value - unit / 2).toFixed(places));
  const digit = Math.round(lower / unit);
  return digit % 2 === 0 ? lower : Number((value + unit / 2).toFixed(places));
}
