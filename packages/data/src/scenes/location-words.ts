import type { BoxUnit } from '../records.js';
import { LOCATION_BINS } from './vocabulary.js';

const PATTERN = /<loc_(\d+)>\s*<loc_(\d+)>\s*<loc_(\d+)>\s*<loc_(\d+)>/;

/**
 * A box in words, `<loc_x0> <loc_y0> <loc_x1> <loc_y1>`, each `min(31, floor(v * 32))`.
 *
 * @example
 * ```ts
 * import { formatLocation } from '@fgam/data';
 * // 0.1 * 32 = 3.2, so bin 3; the right edge of the image is in the last bin.
 * const words = formatLocation({ x0: 0, y0: 0.1, x1: 0.5, y1: 1 });
 * if (words !== '<loc_0> <loc_3> <loc_16> <loc_31>') throw new Error(words);
 * ```
 */
export function formatLocation(box: BoxUnit): string {
  return [box.x0, box.y0, box.x1, box.y1]
    .map((value) => `<loc_${Math.min(LOCATION_BINS - 1, Math.max(0, Math.floor(value * LOCATION_BINS)))}>`)
    .join(' ');
}

/**
 * The first box in a text, each edge at its bin's centre `(bin + 0.5) / 32`; undefined if there
 * is none or it has no area.
 *
 * @example
 * ```ts
 * import { parseLocation } from '@fgam/data';
 * const box = parseLocation('it is at <loc_0> <loc_4> <loc_16> <loc_31> .');
 * // 0.5 / 32, 4.5 / 32, 16.5 / 32, 31.5 / 32
 * if (box?.x0 !== 0.015625 || box.y0 !== 0.140625) throw new Error(JSON.stringify(box));
 * if (box.x1 !== 0.515625 || box.y1 !== 0.984375) throw new Error(JSON.stringify(box));
 * // The left edge is right of the right one.
 * if (parseLocation('<loc_9> <loc_0> <loc_5> <loc_9>')) throw new Error('expected no box');
 * ```
 */
export function parseLocation(text: string): BoxUnit | undefined {
  const found = PATTERN.exec(text);
  if (!found) return undefined;
  const bins = found.slice(1).map(Number);
  if (bins.some((bin) => bin >= LOCATION_BINS)) return undefined;
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = bins.map((bin) => (bin + 0.5) / LOCATION_BINS);
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}
