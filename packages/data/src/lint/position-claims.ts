import type { BoxUnit } from '../records.js';
import { isOfTheRegion } from './region-phrase.js';

/** A side of the image, or its centre. */
export type PositionSide = 'left' | 'right' | 'top' | 'bottom' | 'centre';

/** A place in the image that a text gives its region. */
export interface PositionClaim {
  /** The words that claim it. */
  readonly words: string;
  /** One side, or the two of a corner. */
  readonly sides: readonly PositionSide[];
}

const SIDE = '(?:left|right|top|bottom|upper|lower|cent(?:re|er)|middle)';
const PART = '(?: (?:side|corner|half|third|part|edge|area|portion|section|quarter)|[ -]hand side)';
const IMAGE = ' of (?:the|this) (?:image|picture|photo|photograph|frame|scene|view)';
/** What may follow a place: `on the left paw`, `at the top left shelf`, `on the left and right` are none. */
const NEXT =
  'and|with|in|near|next|behind|under|by|while|facing|against|beside|wearing|holding|is|are|that|which|who|looking|standing|sitting|lying';
const FOLLOW = `(?=[\\s.,;:!?)"'’]*$|(?:[,.;:!?)]| (?:${NEXT})\\b)(?! ?(?:the )?${SIDE}\\b))`;
/** No noun phrase is so long, in characters: what stands further on is not looked at. */
const MAX_BEFORE = 200;
const PLACE = new RegExp(
  `(?<![\\p{L}\\p{N}-])(?:(?<preposition>in|on|at|near|along|to|towards?) )?(?<article>the )?(?<far>(?:far|extreme|very) )?` +
    `(?<first>${SIDE})(?:[ -](?<second>${SIDE}))?(?<part>${PART})?(?<image>${IMAGE})?${FOLLOW}`,
  'giu',
);

/**
 * The places in the image that an English description claims of its own region.
 *
 * The rule, precision before recall. A place is `in|on|at|near|along [the] [far]`, one side or two (a
 * corner), a part ("side", "half"), "of the image". It claims something where
 *
 * 1. the words before it are the region's own noun phrase, with one article, and no preposition, verb or
 *    second thing: "a parked car on the left", not "a cup with stripes on the left", "a flag blue on the
 *    left" (clothes of people are passed over: "a man in a hat on the left"); nor after words of looking,
 *    facing, turning, leaning ("a man looking at the top right");
 * 2. a single `top`, `bottom` or `centre` also ends the text, since things have tops of their own: "a circle
 *    at the bottom", not "a bottle at the top is a cap";
 * 3. `to` and `towards` are directions: they count only in "to the far left", where a clause begins ("a dog,
 *    to the left") and with "of the image", and never after a verb ("turning", "turned", "faces");
 * 4. "of the image" (picture, photo, frame, scene, view) lifts 2., and of 1. what the region may wear, hold
 *    or have: "a cup with a spoon on the left of the photo". Another thing's place ("beside a tree",
 *    "watching a dog", "and a cat") and what is denied stay out;
 * 5. with no preposition, only a corner where a clause begins: "a car, bottom right corner".
 *
 * "left of the table" and "left hand" are no places in the image.
 *
 * @returns in the text's order; of "middle right" the right alone
 * @example
 * ```ts
 * import { contradictedSides, positionClaims } from '@fgam/data';
 *
 * const [claim] = positionClaims('a small dog in the top left corner');
 * const box = { x0: 0.7, y0: 0.1, x1: 0.9, y1: 0.3 };
 * if (contradictedSides(claim?.sides ?? [], box).join() !== 'left') throw new Error('expected a contradiction');
 * if (positionClaims('a man looking to the left').length > 0) throw new Error('a direction is no place');
 * ```
 */
export function positionClaims(text: string): PositionClaim[] {
  return [...text.matchAll(PLACE)].flatMap((match) => {
    if (!isClaim(text, match)) return [];
    const { first = '', second = '' } = match.groups ?? {};
    return [{ words: match[0].trim(), sides: sidesOf(`${first} ${second}`) }];
  });
}

/**
 * The sides among `sides` that a box contradicts: it lies wholly on the other side of the image's middle. A
 * box is not at the centre where it lies wholly outside of the middle half of both axes.
 *
 * @example
 * ```ts
 * import { contradictedSides } from '@fgam/data';
 * const box = { x0: 0.7, y0: 0.1, x1: 0.9, y1: 0.3 };
 * // All of it is in the right half, so it is not left; it is in the top half, as the text says.
 * const wrong = contradictedSides(['top', 'left'], box);
 * if (wrong.join() !== 'left') throw new Error(wrong.join());
 * // A box over the middle contradicts neither side.
 * if (contradictedSides(['left', 'right'], { ...box, x0: 0.4 }).length > 0) throw new Error('expected none');
 * ```
 */
export function contradictedSides(sides: readonly PositionSide[], box: BoxUnit): PositionSide[] {
  return sides.filter((side) => IS_CONTRADICTED[side](box));
}

const IS_CONTRADICTED: Readonly<Record<PositionSide, (box: BoxUnit) => boolean>> = {
  left: ({ x0 }) => x0 > 0.5,
  right: ({ x1 }) => x1 < 0.5,
  top: ({ y0 }) => y0 > 0.5,
  bottom: ({ y1 }) => y1 < 0.5,
  centre: ({ x0, y0, x1, y1 }) => (x1 < 0.25 || x0 > 0.75) && (y1 < 0.25 || y0 > 0.75),
};

function isClaim(text: string, { index, 0: words, groups = {} }: RegExpExecArray): boolean {
  if (index > MAX_BEFORE) return false;
  const { far, first = '', second, part, image } = groups;
  const preposition = groups['preposition']?.toLowerCase();
  const before = text.slice(0, index);
  const isClauseStart = /(?:^|[,(])\s*$/.test(before);
  const isCorner = second !== undefined;
  const isDirection = preposition?.startsWith('to') === true;
  if (preposition === undefined && !(isClauseStart && isCorner)) return false;
  if (isDirection && far === undefined && image === undefined && !isClauseStart) return false;
  // "the upper" is no place without its part.
  if (/^(?:upper|lower)$/i.test(first) && !isCorner && part === undefined) return false;
  const ofImage = image !== undefined;
  const mayBeOwn = !ofImage && !isCorner && !/^(?:left|right)$/i.test(first);
  if (mayBeOwn && /[\p{L}\p{N}]/u.test(text.slice(index + words.length))) return false;
  return isOfTheRegion(before, { ofImage, mayBeOwn, isDirection });
}

function sidesOf(words: string): PositionSide[] {
  const said = words.toLowerCase().replace('upper', 'top').replace('lower', 'bottom');
  const sides = (['left', 'right', 'top', 'bottom'] as const).filter((side) => said.includes(side));
  return sides.length > 0 ? sides : ['centre'];
}
