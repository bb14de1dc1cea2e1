import type { VisualExtent } from './spliced-prompt.js';

/** Positions of a prompt's tokens. */
export interface PromptPositions {
  /** Of each token in time, by row and by column, one token after another: [T, 3]. */
  readonly places: readonly number[];
  /** How far the first token after the prompt is behind its number in the sequence. */
  readonly shift: number;
}

/**
 * Positions of M-RoPE (Qwen2-VL, arXiv:2409.12191): a text's tokens count up, alike along all
 * three axes; an image's tokens stand in one moment, each in its row and column, and what follows
 * begins after the longer side.
 *
 * @param ids - of the prompt, in which each image has as many image tokens as it has visual tokens; image
 * tokens beyond those are text
 * @param visual - the images' visual tokens, in their order
 */
export function promptPositions(
  ids: readonly number[],
  imageTokenId: number,
  visual: readonly VisualExtent[],
): PromptPositions {
  const images = [...visual];
  const places: number[] = [];
  let next = 0;
  let t = 0;
  while (t < ids.length) {
    const image = ids[t] === imageTokenId ? images.shift() : undefined;
    if (image === undefined) {
      places.push(next, next, next);
      next += 1;
      t += 1;
      continue;
    }
    const [rows, columns] = image.grid ?? [1, image.shape[0] ?? 0];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) places.push(next, next + row, next + column);
    next += Math.max(rows, columns);
    t += rows * columns;
  }
  return { places, shift: ids.length - next };
}
