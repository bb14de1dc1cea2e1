import type { BoxUnit } from '../records.js';
import { LOCATION_BINS } from '../scenes/vocabulary.js';

/** What LLaVA-1.5's data says after a question whose answer is a box. */
export const LLAVA_BOX_HINT = '\nPlease provide the bounding box coordinate of the region.';

/** Location words, one after the other. Those of other bins than ours (`<loc_999>`) are left alone. */
const LOCATIONS = /<loc_(?:\d|[12]\d|3[01])>(?:\s*<loc_(?:\d|[12]\d|3[01])>)*/g;

/**
 * A box as LLaVA's own data has it, `[0.21, 0.40, 0.55, 0.93]`: left, top, right, bottom in image fractions.
 *
 * @example
 * ```ts
 * import { formatLlavaBox } from '@fgam/data';
 * const text = formatLlavaBox({ x0: 0.2083, y0: 0.4, x1: 0.55, y1: 0.934 });
 * if (text !== '[0.21, 0.40, 0.55, 0.93]') throw new Error(text);
 * ```
 */
export function formatLlavaBox({ x0, y0, x1, y1 }: BoxUnit): string {
  return inBrackets([x0, y0, x1, y1]);
}

/**
 * A text with numbers in place of our location words (`formatLocation`), which other tokenizers do not have:
 * `<loc_6> <loc_12> <loc_17> <loc_29>` becomes `[0.20, 0.39, 0.55, 0.92]`. Each number is the centre of its
 * bin, as `parseLocation` takes it; words that make up no whole box become a list as long as they are.
 *
 * @example
 * ```ts
 * import { formatLlavaLocations } from '@fgam/data';
 * const text = formatLlavaLocations('it is at <loc_6> <loc_12> <loc_17> <loc_29> .');
 * if (text !== 'it is at [0.20, 0.39, 0.55, 0.92] .') throw new Error(text);
 * ```
 */
export function formatLlavaLocations(text: string): string {
  return text.replace(LOCATIONS, (words) => {
    const edges = [...words.matchAll(/\d+/g)].map(([bin]) => (Number(bin) + 0.5) / LOCATION_BINS);
    const boxes: string[] = [];
    for (let at = 0; at < edges.length; at += 4) boxes.push(inBrackets(edges.slice(at, at + 4)));
    return boxes.join(' ');
  });
}

function inBrackets(edges: readonly number[]): string {
  return `[${edges.map((edge) => edge.toFixed(2)).join(', ')}]`;
}
