import { formatLocation, iou } from '@fgam/data';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import { locationOfBox, isAtLocation } from '../../claims/locations.js';
import { formatNounPhrase } from '../../claims/noun-phrase.js';
import { attributePhrase, existencePhrase, placePhrase } from '../../truth/phrases.js';
import { checkClause } from './check-clause.js';
import { checkCount, checkNearest } from './check-scene.js';
import { checkRelation } from './check-relation.js';
import { type CheckContext, type ClaimCheck, distance, fails, holds, UNKNOWN } from './claim-check.js';

/** Checks one claim against what stage 1 sees in the image. */
export function checkClaim(claim: Claim, context: CheckContext): ClaimCheck {
  switch (claim.about) {
    case 'existence':
      return checkExistence(claim, context);
    case 'relation':
      return checkRelation(claim, context);
    case 'attribute':
      return checkAttribute(claim, context);
    case 'box':
      return checkBox(claim, context);
    case 'place':
      return checkPlace(claim, context);
    case 'count':
      return checkCount(claim, context);
    case 'nearest':
      return checkNearest(claim, context);
    case 'empty':
      // What is there nevertheless is found when missing objects are looked for.
      return UNKNOWN;
    case 'object':
      return checkClause(claim, context);
  }
}

function checkExistence(claim: ClaimAbout<'existence'>, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds, response } = context;
  if (!reading.knows(claim.subject)) return UNKNOWN;
  const seen = reading.ground(claim.subject);
  if (!seen || Math.abs(seen.score - thresholds.existence) < thresholds.band) return UNKNOWN;
  const isThere = seen.score >= thresholds.existence;
  const sure = distance(seen.score, thresholds.existence);
  if (isThere === claim.holds) return holds(sure);
  const correction = existencePhrase(formatNounPhrase(claim.subject, ontology), isThere);
  return fails(
    { kind: 'object', claim: response, correction },
    { boxes: [seen.box], score: seen.score },
    sure,
  );
}

function checkAttribute(claim: ClaimAbout<'attribute'>, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds, response } = context;
  const seen = reading.knows(claim.subject) ? reading.ground(claim.subject) : undefined;
  const [best] = seen ? reading.values(seen.index, claim.subject, claim.attribute) : [];
  if (!seen || !best) return UNKNOWN;
  if (best.value === claim.value) return holds(2 * best.probability - 1);
  if (best.probability < thresholds.attribute) return UNKNOWN;
  const correction = attributePhrase(formatNounPhrase(claim.subject, ontology), best.value);
  const evidence = { boxes: [seen.box], score: best.probability };
  return fails({ kind: 'attribute', claim: response, correction }, evidence, 2 * best.probability - 1);
}

function checkBox(claim: ClaimAbout<'box'>, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds, response } = context;
  const seen = reading.knows(claim.subject) ? reading.ground(claim.subject) : undefined;
  if (!seen || seen.score < thresholds.existence) return UNKNOWN;
  const overlap = iou(claim.box, seen.box);
  if (overlap >= thresholds.boxIou) return holds(overlap);
  const correction = placePhrase(formatNounPhrase(claim.subject, ontology), formatLocation(seen.box));
  return fails(
    { kind: 'object', claim: response, correction },
    { boxes: [seen.box], score: seen.score },
    1 - overlap,
  );
}

function checkPlace(claim: ClaimAbout<'place'>, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds, response } = context;
  const seen = reading.knows(claim.subject) ? reading.ground(claim.subject) : undefined;
  if (!seen || seen.score < thresholds.existence) return UNKNOWN;
  if (isAtLocation(seen.box, claim.location, thresholds.place)) return holds(seen.score);
  const place = `the ${locationOfBox(seen.box)}`;
  const correction = placePhrase(formatNounPhrase(claim.subject, ontology), place);
  return fails(
    { kind: 'relation', claim: response, correction },
    { boxes: [seen.box], score: seen.score },
    seen.score,
  );
}
