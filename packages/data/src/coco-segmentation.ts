import type { CocoSegmentation } from './coco-schema.js';
import { decodeRleCounts } from './rle.js';

/** A segmentation in pixels, run lengths unpacked. */
export type PixelMask =
  | { readonly kind: 'polygons'; readonly polygons: readonly (readonly number[])[] }
  | { readonly kind: 'rle'; readonly size: readonly [number, number]; readonly counts: readonly number[] };

/** An annotation's segmentation, checked; undefined where it is empty. A string says what is wrong. */
export function readSegmentation(segmentation: CocoSegmentation | undefined): PixelMask | undefined | string {
  if (segmentation === undefined) return undefined;
  if (!('counts' in segmentation)) {
    if (segmentation.length === 0) return undefined;
    if (segmentation.some((polygon) => polygon.length < 6 || polygon.length % 2 === 1))
      return 'a polygon needs three or more x, y pairs';
    return { kind: 'polygons', polygons: segmentation };
  }
  const [height, width] = segmentation.size;
  let counts: readonly number[];
  try {
    counts =
      typeof segmentation.counts === 'string' ? decodeRleCounts(segmentation.counts) : segmentation.counts;
  } catch (error) {
    return `broken run lengths: ${error instanceof Error ? error.message : String(error)}`;
  }
  const pixels = counts.reduce((sum, count) => sum + count, 0);
  if (pixels !== width * height) return `the mask's runs cover ${pixels} pixels of ${width * height}`;
  return { kind: 'rle', size: [height, width], counts };
}
