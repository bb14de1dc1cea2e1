import type { BoxUnit } from '@fgam/data';
import type { TextFault } from './check-description.js';

/** How far on the other side of an axis's middle a box's centre must lie to contradict a word. */
const CLEARLY = 0.1;
/** How far from the middle of both axes to contradict `centre`. */
const FAR = 0.25;

const SIDE = '(left|right|top|bottom|upper|lower|cent(?:re|er)|middle)';
const PART = '(?:side|corner|half|third|part|edge|area|portion|section|quarter|hand side)';
const WHOLE = '(?:the |this )?(?:image|photo|picture|frame|scene|view)';

/**
 * A place in the image, as people write it: `on the left`, `at the top right`, `in the lower left corner of the photo`. What follows
 * decides: `on the left of the car`, `with the right hand`, `on top of the table` say nothing of the image.
 */
const PLACE = new RegExp(
  `\\b(?:in|on|at|to|toward|towards|near|along) (?:the )?(?:far |very )?${SIDE}(?:[ -]${SIDE})?(?: ${PART})?` +
    `(?= of ${WHOLE}\\b|$|[.,;:]| (?:with|and|in|near|next|behind|under|by|while|facing|against|beside|wearing|holding|is|that|looking)\\b)`,
  'gi',
);
/** `lower left corner`, with no preposition. */
const CORNER = new RegExp(
  `\\b${SIDE}[ -]${SIDE} (?:corner|part|area|quarter)\\b(?! of (?!${WHOLE}\\b))`,
  'gi',
);

/** The place named in an English text that a box contradicts, or undefined. */
export function positionFault(text: string, box: BoxUnit): TextFault | undefined {
  const x = (box.x0 + box.x1) / 2;
  const y = (box.y0 + box.y1) / 2;
  for (const match of [...text.matchAll(PLACE), ...text.matchAll(CORNER)]) {
    // "in the middle right" is centred on one axis alone.
    const sides = [match[1], match[2]].flatMap((side) => (side === undefined ? [] : [side.toLowerCase()]));
    const wrong = sides.find((side) => isContradicted(side, x, y, sides.length > 1));
    if (wrong !== undefined) return { reason: 'position', detail: `"${wrong}" is not where the box is` };
  }
  return undefined;
}

function isContradicted(side: string, x: number, y: number, isOneOfTwo: boolean): boolean {
  switch (side) {
    case 'left':
      return x > 0.5 + CLEARLY;
    case 'right':
      return x < 0.5 - CLEARLY;
    case 'top':
    case 'upper':
      return y > 0.5 + CLEARLY;
    case 'bottom':
    case 'lower':
      return y < 0.5 - CLEARLY;
    default:
      return !isOneOfTwo && Math.abs(x - 0.5) > FAR && Math.abs(y - 0.5) > FAR;
  }
}
