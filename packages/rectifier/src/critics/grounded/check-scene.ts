import type { Claim, ClaimAbout } from '../../claims/claim.js';
import { isAtLocation } from '../../claims/locations.js';
import { formatNounPhrase } from '../../claims/noun-phrase.js';
import { formatClause } from '../../truth/caption-issues.js';
import { clausePhrase, countPhrase, nearestPhrase } from '../../truth/phrases.js';
import { centreDistance } from '../centre-distance.js';
import { seenRelation } from './check-relation.js';
import { type CheckContext, type ClaimCheck, fails, holds, UNKNOWN } from './claim-check.js';
import type { Grounding, SeenObject } from './image-reading.js';

/** Counts the objects seen on that side of the reference. */
export function checkCount(claim: ClaimAbout<'count'>, context: CheckContext): ClaimCheck {
  const { reading, ontology, response } = context;
  const around = surroundings(claim.reference, context);
  if (!around) return UNKNOWN;
  const { reference, others } = around;
  const counted = others.filter(({ box }) => seenRelation(box, reference.box, reading) === claim.relation);
  const score = Math.min(reference.score, ...counted.map((each) => each.score));
  if (counted.length === claim.count) return holds(score);
  const name = formatNounPhrase(claim.reference, ontology);
  const correction = countPhrase(counted.length, { relation: claim.relation, reference: name });
  const boxes = [reference, ...counted].map(({ box }) => box);
  return fails({ kind: 'count', claim: response, correction }, { boxes, score }, score);
}

/** Reads the attribute of the object nearest to the reference, by centres in pixels. */
export function checkNearest(claim: ClaimAbout<'nearest'>, context: CheckContext): ClaimCheck {
  const { reading, thresholds, response } = context;
  const around = surroundings(claim.reference, context);
  if (!around) return UNKNOWN;
  const { reference, others } = around;
  const [nearest] = [...others].sort(
    (a, b) =>
      centreDistance(a.box, reference.box, reading.size) - centreDistance(b.box, reference.box, reading.size),
  );
  if (!nearest) return UNKNOWN;
  const [best] = reading.values(nearest.index, { noun: '', attributes: {} }, claim.attribute);
  if (!best) return UNKNOWN;
  if (best.value === claim.value) return holds(2 * best.probability - 1);
  if (best.probability < thresholds.attribute) return UNKNOWN;
  const correction = nearestPhrase(best.value);
  const evidence = { boxes: [reference.box, nearest.box], score: best.probability };
  return fails({ kind: 'reasoning', claim: response, correction }, evidence, 2 * best.probability - 1);
}

/** Objects that are surely there and that an answer about a part of the image leaves out. */
export function checkMissing(
  claims: readonly Claim[],
  context: CheckContext,
  location: string,
): ClaimCheck[] {
  const { reading, thresholds } = context;
  const said = claims.flatMap((claim) => (claim.about === 'object' ? [claim.subject] : []));
  return reading
    .objects(thresholds.missing)
    .filter(({ box }) => isAtLocation(box, location, -thresholds.place))
    .filter(({ subject }) => !said.some((other) => isKind(subject, other)))
    .map((object) => leftOut(object, location, context));
}

/** A response that leaves out what is seen at a place. */
export function leftOut(
  { box, score, subject }: SeenObject,
  location: string,
  { ontology, response }: CheckContext,
): ClaimCheck {
  const correction = clausePhrase(formatClause(subject, location, ontology));
  return fails({ kind: 'object', claim: response, correction }, { boxes: [box], score }, score);
}

function isKind(seen: SeenObject['subject'], said: SeenObject['subject']): boolean {
  const { colour } = said.attributes;
  return seen.noun === said.noun && (colour === undefined || seen.attributes.colour === colour);
}

function surroundings(
  phrase: SeenObject['subject'],
  { reading, thresholds }: CheckContext,
): { readonly reference: Grounding; readonly others: readonly SeenObject[] } | undefined {
  const reference = reading.knows(phrase) ? reading.ground(phrase) : undefined;
  if (!reference || reference.score < thresholds.existence) return undefined;
  const others = reading
    .objects(thresholds.existence)
    .filter(({ box }) => !reading.isSame(box, reference.box));
  return { reference, others };
}
