import type { BoxUnit } from '@fgam/data';

/** A region's place and size in words. */
export interface BoxWords {
  /** Such as `left, upper third`. */
  readonly position: string;
  /** Such as `small`. */
  readonly size: string;
}

/** A box that takes more of an axis than this lies across it: neither side is named. */
const ACROSS = 0.8;

/**
 * Shares of the image's area below which a region is called by the word. The first two are COCO's limits of
 * small and medium objects (32 x 32 and 96 x 96 pixels) in an image of 640 x 480.
 */
const SIZES = [
  [0.0033, 'tiny'],
  [0.03, 'small'],
  [0.15, 'medium'],
  [0.5, 'large'],
] as const;

/**
 * A box in words, as a prompt gives them: the third of each axis that its centre lies in, and its share of the area.
 *
 * A box over more than 0.8 of an axis is `full width` or `full height`. `checkDescription` finds no
 * contradiction between a box and its own words.
 *
 * @param box - image fractions
 * @example
 * ```ts
 * import { boxWords } from '@fgam/label';
 * const { position, size } = boxWords({ x0: 0.05, y0: 0.1, x1: 0.15, y1: 0.3 });
 * if (position !== 'left, upper third' || size !== 'small') throw new Error(`${position}; ${size}`);
 * ```
 */
export function boxWords(box: BoxUnit): BoxWords {
  const across = axisWord(box.x0, box.x1, ['left', 'centre', 'right'], 'full width');
  const down = axisWord(box.y0, box.y1, ['upper third', 'middle third', 'lower third'], 'full height');
  const area = (box.x1 - box.x0) * (box.y1 - box.y0);
  const size = SIZES.find(([below]) => area < below)?.[1] ?? 'most of the image';
  return { position: `${across}, ${down}`, size };
}

function axisWord(from: number, to: number, thirds: readonly [string, string, string], full: string): string {
  if (to - from > ACROSS) return full;
  const centre = (from + to) / 2;
  if (centre < 1 / 3) return thirds[0];
  return centre > 2 / 3 ? thirds[2] : thirds[1];
}
