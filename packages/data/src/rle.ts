/** Bits of the longest number, with its sign. */
const LONGEST = 30;

/**
 * Run lengths of COCO's compressed encoding (pycocotools' `rleFrString`): 6 bits a character from `0`, 5 of
 * them value, the sixth "more follows"; from the fourth run on, differences to the run two before.
 *
 * @throws RangeError for a character that is none of theirs, a text that is cut off, or a run that is below 0 or
 * of 2^29 pixels and more
 * @example
 * ```ts
 * import { decodeRleCounts } from '@fgam/data';
 * // '3' is 3; 'X1' is 8 + 1 * 32 = 40, as the bit of 'X' says that more follows; '5' is 5; 'mN' is -35,
 * // the difference of the fourth run to the second: 40 - 35 = 5.
 * const counts = decodeRleCounts('3X15mN');
 * if (counts.join() !== '3,40,5,5') throw new Error(counts.join());
 * ```
 */
export function decodeRleCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more) {
      const code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64)) throw new RangeError(`no run-length character at ${at - 1}`);
      if (shift >= LONGEST) throw new RangeError(`run ${counts.length} is of 2^29 pixels or more`);
      value |= (code & 31) << shift;
      more = (code & 32) !== 0;
      shift += 5;
      if (!more && (code & 16) !== 0) value |= -1 << shift;
    }
    const count = counts.length > 2 ? value + (counts[counts.length - 2] as number) : value;
    if (count < 0) throw new RangeError(`run ${counts.length} is of ${count} pixels`);
    counts.push(count);
  }
  return counts;
}
