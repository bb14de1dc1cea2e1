import { containsBox, iou } from './box.js';
import { type BoxUnit, type ImageSize, RELATIONS, type Relation } from './records.js';

/** Where `relationBetween` draws its lines. */
export interface RelationOptions {
  /**
   * Boxes with at least this intersection over union overlap. Ours: published labellers use 0.5, which
   * leaves the class nearly empty.
   */
  readonly overlapIou?: number;
  /** No direction is given where the two axes' offsets differ by less than this share of the larger. */
  readonly ambiguity?: number;
  /**
   * No direction is given to boxes whose centres are further apart than this fraction of the image's
   * diagonal. Default: no limit.
   */
  readonly maxDistance?: number;
}

/** Each relation in words, as it follows `is`: `the red circle is left of the blue square`. */
export const RELATION_PHRASES = {
  'left-of': 'left of',
  'right-of': 'right of',
  above: 'above',
  below: 'below',
  overlaps: 'overlapping',
  contains: 'containing',
  inside: 'inside',
} as const satisfies Record<Relation, string>;

const INVERSES = {
  'left-of': 'right-of',
  'right-of': 'left-of',
  above: 'below',
  below: 'above',
  overlaps: 'overlaps',
  contains: 'inside',
  inside: 'contains',
} as const satisfies Record<Relation, Relation>;

/**
 * How box `a` lies to box `b` (`a` is `relation` `b`), or null where no relation is clear (masked in the loss).
 *
 * Strict containment gives `contains` or `inside`; else IoU >= `overlapIou` gives `overlaps`; else the
 * dominant axis of the offset between the centres, in PIXELS, gives a direction: `|dx| > |dy|` left or right,
 * else above or below. Masked where `(max - min) / max < ambiguity` of `|dx|, |dy|`, where the centres
 * coincide, or beyond `maxDistance`. `relationBetween(a, b)` is always the inverse of
 * `relationBetween(b, a)`.
 *
 * Source: the paper's spatial consistency constraint names the six relations; the rule and its thresholds are ours.
 *
 * @param a - the subject's box, image fractions
 * @param b - the object's box, image fractions
 * @param size - the image's size in pixels: fractions of a wide image would favour the vertical axis
 * @example
 * ```ts
 * import { relationBetween } from '@fgam/data';
 *
 * const left = { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 };
 * const right = { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 };
 * if (relationBetween(left, right, { width: 64, height: 64 }) !== 'left-of') throw new Error('wrong relation');
 * ```
 */
export function relationBetween(
  a: BoxUnit,
  b: BoxUnit,
  size: ImageSize,
  options: RelationOptions = {},
): Relation | null {
  const { overlapIou = 0.1, ambiguity = 0.2, maxDistance = Number.POSITIVE_INFINITY } = options;
  if (containsBox(a, b)) return 'contains';
  if (containsBox(b, a)) return 'inside';
  if (iou(a, b) >= overlapIou) return 'overlaps';
  const dx = centreOffset(a.x0, a.x1, b.x0, b.x1) * size.width;
  const dy = centreOffset(a.y0, a.y1, b.y0, b.y1) * size.height;
  const [across, down] = [Math.abs(dx), Math.abs(dy)];
  const larger = Math.max(across, down);
  if (larger === 0 || larger - Math.min(across, down) < ambiguity * larger) return null;
  if (Math.hypot(dx, dy) > maxDistance * Math.hypot(size.width, size.height)) return null;
  if (across > down) return dx > 0 ? 'left-of' : 'right-of';
  return dy > 0 ? 'above' : 'below';
}

/**
 * The relation of `b` to `a`, given that of `a` to `b`.
 *
 * @example
 * ```ts
 * import { inverseRelation } from '@fgam/data';
 * // Where the frame contains the photo, the photo is inside the frame.
 * if (inverseRelation('contains') !== 'inside') throw new Error(inverseRelation('contains'));
 * if (inverseRelation('overlaps') !== 'overlaps') throw new Error('it is its own inverse');
 * ```
 */
export function inverseRelation(relation: Relation): Relation {
  return INVERSES[relation];
}

/**
 * The relation that a phrase of `RELATION_PHRASES` names, or undefined.
 *
 * @example
 * ```ts
 * import { RELATION_PHRASES, relationFromPhrase } from '@fgam/data';
 * if (relationFromPhrase('left of') !== 'left-of') throw new Error(RELATION_PHRASES['left-of']);
 * // No phrase of the list: it takes no other words for the same.
 * if (relationFromPhrase('to the left of') !== undefined) throw new Error('expected no relation');
 * ```
 */
export function relationFromPhrase(phrase: string): Relation | undefined {
  return RELATIONS.find((relation) => RELATION_PHRASES[relation] === phrase);
}

/** From the first interval's centre to the second's. Written so that swapping the intervals only flips the sign. */
function centreOffset(a0: number, a1: number, b0: number, b1: number): number {
  return (b0 + b1) / 2 - (a0 + a1) / 2;
}
