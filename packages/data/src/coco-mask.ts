import type { z } from 'zod';
import type { cocoAnnotation } from './coco-schema.js';
import type { ImageSize, Mask } from './records.js';
import { decodeRleCounts } from './rle.js';

/** COCO's `segmentation` as a `Mask`: polygons in image fractions, or run lengths unpacked. A string says what is wrong. */
export function cocoMask(
  segmentation: z.infer<typeof cocoAnnotation>['segmentation'],
  image: ImageSize,
): Mask | undefined | string {
  if (segmentation === undefined) return undefined;
  if (Array.isArray(segmentation)) {
    if (segmentation.length === 0) return undefined;
    if (segmentation.some((polygon) => polygon.length < 6 || polygon.length % 2 === 1))
      return 'a polygon needs three or more x, y pairs';
    const polygons = segmentation.map((polygon) =>
      polygon.map((value, index) => value / (index % 2 === 0 ? image.width : image.height)),
    );
    return { kind: 'polygons', polygons };
  }
  const [height, width] = segmentation.size;
  if (height !== image.height || width !== image.width)
    return `the mask is ${width} x ${height}, the image ${image.width} x ${image.height}`;
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
