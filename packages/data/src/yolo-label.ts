import { boxUnitFromPixels } from './box.js';
import { isFgamError } from './error.js';
import { parseDecimal } from './parse-decimal.js';
import type { BoxUnit, ImageSize, Mask } from './records.js';
import type { SkipReason } from './skips.js';

/** One line of a YOLO label file. */
export interface YoloLabel {
  readonly category: number;
  readonly box: BoxUnit;
  readonly mask?: Mask;
}

/** Why a line is of no use. */
export interface YoloFault {
  readonly reason: SkipReason;
  readonly detail: string;
  /** Where the line tells it. */
  readonly category?: number;
}

/**
 * Parses `class cx cy w h` or a polygon `class x y x y x y ...`, all in image fractions. The box of a polygon
 * is what is around it; its points are clipped to the image as the box is.
 *
 * @param size - the image's, in pixels
 * @param tolerance - pixels that a box may reach over the edge
 */
export function parseYoloLabel(line: string, size: ImageSize, tolerance: number): YoloLabel | YoloFault {
  const fields = line.trim().split(/\s+/);
  const isBox = fields.length === 5;
  if (!isBox && (fields.length < 7 || fields.length % 2 === 0))
    return {
      reason: 'bad-record',
      detail: `expected class cx cy w h, or class and three or more x y, got ${fields.length} fields`,
    };
  const numbers = fields.map(parseDecimal);
  const wrong = numbers.indexOf(undefined);
  if (wrong >= 0)
    return {
      reason: 'bad-record',
      detail: `expected numbers, got ${JSON.stringify(fields[wrong]?.slice(0, 40))}`,
    };
  const [category = -1, ...values] = numbers as number[];
  if (!Number.isInteger(category) || category < 0)
    return { reason: 'unknown-category', detail: `no class is ${fields[0]}` };
  if (!values.every(Number.isFinite))
    return { reason: 'bad-box', detail: 'expected finite numbers', category };
  const { x0, y0, x1, y1 } = isBox ? aroundCentre(values) : aroundPoints(values);
  const { width, height } = size;
  try {
    const box = boxUnitFromPixels(
      { x: x0 * width, y: y0 * height, width: (x1 - x0) * width, height: (y1 - y0) * height },
      size,
      { tolerance },
    );
    if (isBox) return { category, box };
    const polygon = values.map((value) => Math.min(1, Math.max(0, value)));
    return { category, box, mask: { kind: 'polygons', polygons: [polygon] } };
  } catch (error) {
    if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
    return { reason: 'bad-box', detail: error.message, category };
  }
}

function aroundCentre([cx = 0, cy = 0, w = 0, h = 0]: readonly number[]) {
  return { x0: cx - w / 2, y0: cy - h / 2, x1: cx + w / 2, y1: cy + h / 2 };
}

function aroundPoints(values: readonly number[]) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 2) {
    const [x, y] = [values[i] as number, values[i + 1] as number];
    [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
  }
  return { x0, y0, x1, y1 };
}
