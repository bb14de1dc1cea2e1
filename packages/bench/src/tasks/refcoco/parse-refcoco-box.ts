import type { PixelCorners, RefcocoAnswer, RefcocoItem } from './read-refcoco.js';

/** How a box in a text is read. */
export type RefcocoDialect = 'official' | 'llava';

/** As JSON and Python write it, `5e-05` too. */
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi;

/** Qwen-VL and its kin write thousandths of the image. */
const THOUSANDTHS = 1000;

/**
 * The box of an answer, in pixels. One in `bbox` is taken as it is. Of a text, the first four numbers are corners:
 *
 * - `official`: in 0..1 of the image's sides if none is above 1, in thousandths of them between `<box>` and
 *   `</box>`, else in pixels;
 * - `llava`: in 0..1 of the image padded to a square, the picture in its middle, as LLaVA-1.5 was trained.
 *
 * @returns undefined where the text has no four numbers, or its box no area
 */
export function parseRefcocoBox(
  answer: RefcocoAnswer,
  { width, height }: Pick<RefcocoItem, 'width' | 'height'>,
  dialect: RefcocoDialect,
): PixelCorners | undefined {
  if (typeof answer !== 'string') return withArea(answer);
  const inTags = between(answer, '<box>', '</box>');
  const [x0, y0, x1, y1] = ((inTags ?? answer).match(NUMBER) ?? []).map(Number);
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return undefined;
  if (dialect === 'llava') {
    const side = Math.max(width, height);
    const [left, top] = [(side - width) / 2, (side - height) / 2];
    return withArea([x0 * side - left, y0 * side - top, x1 * side - left, y1 * side - top]);
  }
  const isUnit = Math.max(x0, y0, x1, y1) <= 1;
  const unit = inTags !== undefined && !isUnit ? THOUSANDTHS : 1;
  if (inTags === undefined && !isUnit) return withArea([x0, y0, x1, y1]);
  return withArea([(x0 * width) / unit, (y0 * height) / unit, (x1 * width) / unit, (y1 * height) / unit]);
}

/** What stands between the first of two marks and the next one of the other. */
function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = start < 0 ? -1 : text.indexOf(close, start);
  return end < 0 ? undefined : text.slice(start + open.length, end);
}

function withArea(box: PixelCorners): PixelCorners | undefined {
  return box[2] > box[0] && box[3] > box[1] ? box : undefined;
}
