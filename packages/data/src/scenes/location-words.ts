import type { BoxUnit } from '../records.js';
import { LOCATION_BINS } from './vocabulary.js';

const PATTERN = /<loc_(\d+)>\s*<loc_(\d+)>\s*<loc_(\d+)>\s*<loc_(\d+)>/;

/** A box in words, `<loc_x0> <loc_y0> <loc_x1> <loc_y1>`, each `min(31, floor(v * 32))`. */
export function formatLocation(box: BoxUnit): string {
  return [box.x0, box.y0, box.x1, box.y1]
    .map((value) => `<loc_${Math.min(LOCATION_BINS - 1, Math.max(0, Math.floor(value * LOCATION_BINS)))}>`)
    .join(' ');
}

/**
 * The first box in a text, each edge at its bin's centre `(bin + 0.5) / 32`; undefined if there
 * is none or it has no area.
 */
export function parseLocation(text: string): BoxUnit | undefined {
  const found = PATTERN.exec(text);
  if (!found) return undefined;
  const bins = found.slice(1).map(Number);
  if (bins.some((bin) => bin >= LOCATION_BINS)) return undefined;
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = bins.map((bin) => (bin + 0.5) / LOCATION_BINS);
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}
