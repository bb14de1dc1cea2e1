/** A mask as run lengths: pixels column by column, of background and object in turn, background first. */
export interface Runs {
  readonly height: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Pixels of the object. */
export function runsArea({ counts }: Runs): number {
  return counts.reduce((area, count, index) => (index % 2 === 1 ? area + count : area), 0);
}

/** Pixels of both objects together and of what they share. */
export function overlapArea(a: Runs, b: Runs): { readonly shared: number; readonly union: number } {
  let [shared, union] = [0, 0];
  for (const [length, inA, inB] of commonRuns(a, b)) {
    if (inA && inB) shared += length;
    if (inA || inB) union += length;
  }
  return { shared, union };
}

/** The pixels of either mask. */
export function uniteRuns(a: Runs, b: Runs): Runs {
  const counts = [0];
  for (const [length, inA, inB] of commonRuns(a, b)) {
    const isObject = inA || inB;
    if (isObject === (counts.length % 2 === 0)) counts[counts.length - 1] = (counts.at(-1) ?? 0) + length;
    else counts.push(length);
  }
  return { ...a, counts };
}

/** Stretches over which neither mask changes: their length, and whether they are of one and of the other object. */
function* commonRuns(a: Runs, b: Runs): Generator<readonly [number, boolean, boolean]> {
  let [inA, inB] = [0, 0];
  let [leftA, leftB] = [a.counts[0] ?? 0, b.counts[0] ?? 0];
  while (inA < a.counts.length && inB < b.counts.length) {
    const length = Math.min(leftA, leftB);
    if (length > 0) yield [length, inA % 2 === 1, inB % 2 === 1];
    leftA -= length;
    leftB -= length;
    if (leftA === 0) leftA = a.counts[++inA] ?? 0;
    if (leftB === 0) leftB = b.counts[++inB] ?? 0;
  }
}
