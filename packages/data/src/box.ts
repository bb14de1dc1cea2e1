import { FgamError } from './error.js';
import type { BoxPixels, BoxUnit, ImageSize } from './records.js';

/**
 * How far, in pixels, an annotated box may reach over the image's edge before it is refused; what
 * reaches over is clipped.
 */
export const BOX_TOLERANCE_PIXELS = 1;

/**
 * Converts an annotated pixel box to image fractions, checking it once so that nobody after must.
 *
 * `x0 = x / W, y0 = y / H, x1 = (x + width) / W, y1 = (y + height) / H`, clipped to 0..1.
 *
 * @param box - pixels, top left corner and size
 * @param size - the image's size in pixels
 * @param options - `tolerance`: pixels over the edge that are clipped silently (default 1:
 * annotation tools round outwards)
 * @throws FgamError `data/bad-box` if a number is not finite, the area is not positive, or the box leaves the image
 * @example
 * ```ts
 * import { boxUnitFromPixels } from '@fgam/data';
 *
 * const box = boxUnitFromPixels({ x: 16, y: 0, width: 32, height: 24 }, { width: 64, height: 48 });
 * if (box.x0 !== 0.25 || box.x1 !== 0.75 || box.y1 !== 0.5) throw new Error('wrong box');
 * ```
 */
export function boxUnitFromPixels(
  box: BoxPixels,
  size: ImageSize,
  options: { readonly tolerance?: number } = {},
): BoxUnit {
  const { x, y, width, height } = box;
  const tolerance = options.tolerance ?? BOX_TOLERANCE_PIXELS;
  const bad = (problem: string, advice: string): never => {
    const got = `x ${x}, y ${y}, width ${width}, height ${height} in an image of ${size.width} x ${size.height}`;
    throw new FgamError('data/bad-box', `boxUnitFromPixels: expected ${problem}, got ${got}; ${advice}`);
  };
  if (!(Number.isFinite(size.width) && Number.isFinite(size.height) && size.width > 0 && size.height > 0))
    bad('a positive image size', 'read the size from the image file');
  if (!(Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(width) && Number.isFinite(height)))
    bad('finite numbers', 'repair or drop the annotation');
  if (!(width > 0 && height > 0)) bad('a positive area', 'repair or drop the annotation');
  const inside =
    x >= -tolerance &&
    y >= -tolerance &&
    x + width <= size.width + tolerance &&
    y + height <= size.height + tolerance;
  if (!inside) bad('a box inside the image', 'check that the numbers are x, y, width, height in pixels');
  const unit = {
    x0: clip(x / size.width),
    y0: clip(y / size.height),
    x1: clip((x + width) / size.width),
    y1: clip((y + height) / size.height),
  };
  if (!(unit.x1 > unit.x0 && unit.y1 > unit.y0))
    bad('a positive area inside the image', 'repair or drop the annotation');
  return unit;
}

/**
 * Converts a box in image fractions to pixels (not rounded).
 *
 * @example
 * ```ts
 * import { boxPixelsFromUnit } from '@fgam/data';
 * const box = { x0: 0.25, y0: 0, x1: 0.75, y1: 0.5 };
 * const { x, y, width, height } = boxPixelsFromUnit(box, { width: 64, height: 48 });
 * if ([x, y, width, height].join() !== '16,0,32,24') throw new Error(`${x}, ${y}, ${width} x ${height}`);
 * ```
 */
export function boxPixelsFromUnit(box: BoxUnit, size: ImageSize): BoxPixels {
  return {
    x: box.x0 * size.width,
    y: box.y0 * size.height,
    width: (box.x1 - box.x0) * size.width,
    height: (box.y1 - box.y0) * size.height,
  };
}

/**
 * A box's share of its image, 0..1.
 *
 * @example
 * ```ts
 * import { boxArea } from '@fgam/data';
 * // Half of the width, a quarter of the height.
 * const area = boxArea({ x0: 0.5, y0: 0.25, x1: 1, y1: 0.5 });
 * if (area !== 0.125) throw new Error(String(area));
 * ```
 */
export function boxArea(box: BoxUnit): number {
  return Math.max(0, box.x1 - box.x0) * Math.max(0, box.y1 - box.y0);
}

/**
 * The centre of a box, in image fractions.
 *
 * @example
 * ```ts
 * import { boxCentre } from '@fgam/data';
 * const { x, y } = boxCentre({ x0: 0.5, y0: 0.25, x1: 1, y1: 0.5 });
 * if (x !== 0.75 || y !== 0.375) throw new Error(`${x}, ${y}`);
 * ```
 */
export function boxCentre(box: BoxUnit): { readonly x: number; readonly y: number } {
  return { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 };
}

/**
 * The area that two boxes share, as a fraction of the image.
 *
 * @example
 * ```ts
 * import { intersectionArea } from '@fgam/data';
 * const a = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * const b = { x0: 0.25, y0: 0, x1: 0.75, y1: 0.5 };
 * // From 0.25 to 0.5 across, from 0 to 0.5 down.
 * if (intersectionArea(a, b) !== 0.125) throw new Error(String(intersectionArea(a, b)));
 * // Boxes that share an edge share no area.
 * if (intersectionArea(a, { ...b, x0: 0.5 }) !== 0) throw new Error('expected nothing shared');
 * ```
 */
export function intersectionArea(a: BoxUnit, b: BoxUnit): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return width > 0 && height > 0 ? width * height : 0;
}

/**
 * Intersection over union, 0..1: `|a ∩ b| / (|a| + |b| - |a ∩ b|)`; 0 for two boxes without area.
 *
 * @example
 * ```ts
 * import { iou } from '@fgam/data';
 * const a = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * const b = { x0: 0.25, y0: 0, x1: 0.75, y1: 0.5 };
 * // Each has the area 0.25 and half of it is shared: 0.125 / (0.25 + 0.25 - 0.125) = 1 / 3.
 * if (Math.abs(iou(a, b) - 1 / 3) > 1e-12) throw new Error(String(iou(a, b)));
 * ```
 */
export function iou(a: BoxUnit, b: BoxUnit): number {
  const shared = intersectionArea(a, b);
  return shared === 0 ? 0 : shared / (boxArea(a) + boxArea(b) - shared);
}

/**
 * True if `inner` lies within `outer` (edges may touch) and the two are not the same box.
 *
 * @example
 * ```ts
 * import { containsBox } from '@fgam/data';
 * const outer = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * // Two of its edges are those of `outer`.
 * const inner = { x0: 0, y0: 0, x1: 0.25, y1: 0.25 };
 * if (!containsBox(outer, inner)) throw new Error('expected it to be inside');
 * if (containsBox(inner, outer) || containsBox(outer, outer)) throw new Error('expected it to be outside');
 * ```
 */
export function containsBox(outer: BoxUnit, inner: BoxUnit): boolean {
  const within = outer.x0 <= inner.x0 && outer.y0 <= inner.y0 && outer.x1 >= inner.x1 && outer.y1 >= inner.y1;
  const same =
    outer.x0 === inner.x0 && outer.y0 === inner.y0 && outer.x1 === inner.x1 && outer.y1 === inner.y1;
  return within && !same;
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}
