/**
 * Of pairs in their order those of which no side was taken before: a matching that is greedy.
 *
 * @param sidesOf - both sides, told apart as objects
 */
export function eachOnce<Pair>(
  pairs: readonly Pair[],
  sidesOf: (pair: Pair) => readonly [object, object],
): Pair[] {
  const taken = new Set<object>();
  return pairs.filter((pair) => {
    const sides = sidesOf(pair);
    if (sides.some((side) => taken.has(side))) return false;
    for (const side of sides) taken.add(side);
    return true;
  });
}
