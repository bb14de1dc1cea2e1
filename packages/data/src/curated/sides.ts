import { boxCentre } from '../box.js';
import type { ImageSize, Relation } from '../records.js';
import { relationBetween } from '../relation.js';
import type { PhotoObject } from './photo-facts.js';

/** The relations that questions about photos ask for. */
export const SIDES = ['left-of', 'right-of', 'above', 'below'] as const satisfies readonly Relation[];

/** One of them. */
export type Side = (typeof SIDES)[number];

/** Each in words, as it follows `is`. */
export const SIDE_PHRASES = {
  'left-of': 'to the left of',
  'right-of': 'to the right of',
  above: 'above',
  below: 'below',
} as const satisfies Record<Side, string>;

/** The side that is false where one is true. */
export const OPPOSITE_SIDES = {
  'left-of': 'right-of',
  'right-of': 'left-of',
  above: 'below',
  below: 'above',
} as const satisfies Record<Side, Side>;

/** Centres that are nearer to each other than this share of the image are on no side of each other. */
const LEVEL = 0.05;

/**
 * On which side of another thing a thing is: the relation of their boxes where it is one of the four and
 * clear. `overlap` where the boxes share too much for it (or hold each other), `margin` where both axes
 * differ about alike (the 20 % rule).
 */
export function sideOf(a: PhotoObject, b: PhotoObject, size: ImageSize): Side | 'overlap' | 'margin' {
  const relation = relationBetween(a.region.box, b.region.box, size);
  if (relation === null) return 'margin';
  return isSide(relation) ? relation : 'overlap';
}

/**
 * Whether a thing is on a side of another: true only where it is on that side first of all, false only where
 * its centre is clearly on the opposite side; undefined between the two, where people would not agree.
 */
export function isOnSide(a: PhotoObject, b: PhotoObject, side: Side, size: ImageSize): boolean | undefined {
  if (sideOf(a, b, size) === side) return true;
  const [of, from] = [boxCentre(a.region.box), boxCentre(b.region.box)];
  const isAcross = side === 'left-of' || side === 'right-of';
  const offset =
    (isAcross ? of.x - from.x : of.y - from.y) * (side === 'left-of' || side === 'above' ? 1 : -1);
  return offset > LEVEL ? false : undefined;
}

/** Whether a relation is one of the four. */
export function isSide(relation: Relation): relation is Side {
  return (SIDES as readonly Relation[]).includes(relation);
}
