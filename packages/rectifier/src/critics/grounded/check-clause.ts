import type { ClaimAbout } from '../../claims/claim.js';
import { isAtLocation, locationOfBox } from '../../claims/locations.js';
import { formatClause, kindOfPhrase, kindPhrase } from '../../truth/caption-issues.js';
import { existencePhrase } from '../../truth/phrases.js';
import { type CheckContext, type ClaimCheck, distance, fails, holds, UNKNOWN } from './claim-check.js';

/**
 * Checks a clause about a part of the image: is such a thing there, is it where the clause says, does it look as the
 * clause says.
 */
export function checkClause(
  claim: ClaimAbout<'object'>,
  { reading, ontology, thresholds }: CheckContext,
): ClaimCheck {
  const { text, subject, location } = claim;
  const kind = kindOfPhrase(subject);
  const anywhere = reading.knows(kind) ? reading.ground(kind) : undefined;
  if (!anywhere || Math.abs(anywhere.score - thresholds.existence) < thresholds.band) return UNKNOWN;
  const sure = distance(anywhere.score, thresholds.existence);
  if (anywhere.score < thresholds.existence) {
    const correction = existencePhrase(kindPhrase(subject, ontology), false);
    return fails(
      { kind: 'object', claim: text, correction },
      { boxes: [anywhere.box], score: anywhere.score },
      sure,
    );
  }
  // The best one's box is refined, and may be in place where no candidate's centre is.
  const placed =
    location === undefined || isAtLocation(anywhere.box, location, thresholds.place)
      ? anywhere
      : reading.ground(kind, (box) => isAtLocation(box, location, thresholds.place));
  if (!placed || placed.score < thresholds.existence) {
    const correction = formatClause(subject, locationOfBox(anywhere.box), ontology);
    return fails(
      { kind: 'relation', claim: text, correction },
      { boxes: [anywhere.box], score: anywhere.score },
      sure,
    );
  }
  for (const attribute of Object.keys(ontology.attributes)) {
    const said = subject.attributes[attribute] ?? ontology.unsaid[attribute];
    if (said === undefined || attribute in kind.attributes) continue;
    const [best] = reading.values(placed.index, kind, attribute);
    if (!best || best.value === said || best.probability < thresholds.attribute) continue;
    const attributes = { ...subject.attributes, [attribute]: best.value };
    const correction = formatClause({ ...subject, attributes }, location, ontology);
    const evidence = { boxes: [placed.box], score: best.probability };
    return fails({ kind: 'attribute', claim: text, correction }, evidence, 2 * best.probability - 1);
  }
  return holds(sure);
}
