import { RELATION_PHRASES, relationFromPhrase } from '@fgam/data';
import type { Claim } from './claim.js';
import { LOCATION_PATTERN, toLocation } from './locations.js';
import { parseNounPhrase, plainText } from './noun-phrase.js';
import type { Ontology } from './ontology.js';

const PLACED = new RegExp(`^(.+?) (?:at|in|on) the (${LOCATION_PATTERN})$`);
const RELATED = new RegExp(
  `^(.+?) (?:is |are )?(?:to the )?(${Object.values(RELATION_PHRASES).join('|')}) (?:of )?((?:the|an?) .+)$`,
);

/** How prose begins before it names what is there. */
const LEAD_IN =
  /^(?:(?:in )?(?:the|this) (?:image|picture|photo|scene) (?:(?:shows|contains|has) |, )?)?(?:(?:there (?:is|are)|i see) )?/;

/** A clause of a caption that says where an object is, cut into object and place. */
export type CaptionClause = Claim & { readonly about: 'object' };

/**
 * Cuts a caption at commas, full stops, semicolons and `and` into clauses, each a claim:
 * `a small red circle at the top left`, or `a red circle left of a blue square` (the two
 * objects and their relation).
 */
export function parseCaption(caption: string, ontology: Ontology): Claim[] {
  const clauses = plainText(caption)
    .replace(LEAD_IN, '')
    .split(/ ?[,.;!?] ?(?:and (?:there (?:is|are) )?)?| and (?:there (?:is|are) )?(?=an? )/)
    .map((clause) => clause.replace(/^there (?:is|are) /, '').trim())
    .filter(Boolean);
  return clauses.flatMap((text): Claim[] => {
    const [, subject, phrase, object] = RELATED.exec(text) ?? [];
    const relation = phrase && relationFromPhrase(phrase);
    if (subject && relation && object) {
      const [a, b] = [parseNounPhrase(subject, ontology), parseNounPhrase(object, ontology)];
      const objects = [a, b].map(
        (each, i): Claim => ({ about: 'object', text: [subject, object][i] ?? '', subject: each }),
      );
      return [...objects, { about: 'relation', text, subject: a, relation, object: b, holds: true }];
    }
    const [, name, location] = PLACED.exec(text) ?? [];
    return name && location
      ? [{ about: 'object', text, subject: parseNounPhrase(name, ontology), location: toLocation(location) }]
      : [{ about: 'object', text, subject: parseNounPhrase(text, ontology) }];
  });
}
