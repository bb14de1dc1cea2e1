import type { VisualTokens } from './spliced-prompt.js';

/**
 * What stands at each place of a prompt, for `DecodingRow`: a token of text by its id, a visual token by a
 * negative number of its image.
 *
 * @param ids - in which each image has as many image tokens as it has visual tokens; image tokens beyond those are text
 * @param identityOf - the same positive number for the same visual tokens alone
 */
export function promptUnits(
  ids: readonly number[],
  imageTokenId: number,
  visual: readonly VisualTokens[],
  identityOf: (image: VisualTokens) => number,
): number[] {
  const seen = visual.flatMap((image) => {
    const unit = -identityOf(image);
    return new Array<number>(image.shape[0] ?? 0).fill(unit);
  });
  let next = 0;
  return ids.map((id) => (id === imageTokenId ? (seen[next++] ?? id) : id));
}
