import {
  boxArea,
  boxCentre,
  type BoxUnit,
  type ImageSize,
  iou,
  type Relation,
  relationBetween,
} from '@fgam/data';
import type { ClaimAbout } from '../../claims/claim.js';
import { formatNounPhrase } from '../../claims/noun-phrase.js';
import { statedRelation } from '../../truth/phrases.js';
import { sharedPart } from './suppress.js';
import { type CheckContext, type ClaimCheck, fails, holds, UNKNOWN } from './claim-check.js';
import type { ImageReading } from './image-reading.js';

/** Half the side of the boxes that stand for centres. */
const POINT = 1e-6;
/** Of coarse boxes: what shares this much of its area with a larger one is inside it. */
const NESTED_SHARE = 0.8;
/** As in `relationBetween`. */
const OVERLAP_IOU = 0.1;

/**
 * What `a` is to `b`, or null where it is not clear: `relationBetween` of a detector's boxes, the direction by the
 * centres alone of others.
 */
export function seenRelation(
  a: BoxUnit,
  b: BoxUnit,
  { size, isDetected }: Pick<ImageReading, 'size' | 'isDetected'>,
): Relation | null {
  return isDetected ? relationBetween(a, b, size) : directionBetween(a, b, size);
}

/** `relationBetween` of boxes shrunk to points, since coarse boxes overlap where the objects do not. */
function directionBetween(a: BoxUnit, b: BoxUnit, size: ImageSize): Relation | null {
  const point = (box: BoxUnit): BoxUnit => {
    const { x, y } = boxCentre(box);
    return { x0: x - POINT, y0: y - POINT, x1: x + POINT, y1: y + POINT };
  };
  const relation = relationBetween(point(a), point(b), size);
  return relation === 'overlaps' || relation === 'contains' || relation === 'inside' ? null : relation;
}

/** How coarse boxes lie in each other: they share most of the smaller one, or something, or nothing (null). */
function topologyOf(a: BoxUnit, b: BoxUnit): Relation | null {
  if (sharedPart(a, b) >= NESTED_SHARE) return boxArea(a) >= boxArea(b) ? 'contains' : 'inside';
  return iou(a, b) >= OVERLAP_IOU ? 'overlaps' : null;
}

/** Grounds both objects and compares the relation of their boxes with the one claimed. */
export function checkRelation(
  claim: ClaimAbout<'relation'>,
  { reading, ontology, thresholds, response }: CheckContext,
): ClaimCheck {
  if (!reading.knows(claim.subject) || !reading.knows(claim.object)) return UNKNOWN;
  const [a, b] = [reading.ground(claim.subject), reading.ground(claim.object)];
  if (!a || !b || Math.min(a.score, b.score) < thresholds.existence) return UNKNOWN;
  const isTopological = ['overlaps', 'contains', 'inside'].includes(claim.relation);
  const coarse = isTopological && !reading.isDetected ? topologyOf(a.box, b.box) : null;
  const found = coarse ?? seenRelation(a.box, b.box, reading);
  if (!found) return UNKNOWN;
  const score = Math.min(a.score, b.score);
  if ((found === claim.relation) === claim.holds) return holds(score);
  const names = {
    subject: formatNounPhrase(claim.subject, ontology),
    object: formatNounPhrase(claim.object, ontology),
  };
  const correction = statedRelation({ ...names, relation: found });
  return fails({ kind: 'relation', claim: response, correction }, { boxes: [a.box, b.box], score }, score);
}
