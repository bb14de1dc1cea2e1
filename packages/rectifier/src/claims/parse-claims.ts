import { parseLocation, RELATION_PHRASES, RELATIONS, type Relation } from '@fgam/data';
import type { Claim } from './claim.js';
import { parseNounPhrase, plainText } from './noun-phrase.js';
import { NUMBER_WORDS } from './number-words.js';
import { type Ontology, SCENE_ONTOLOGY, valuesOf } from './ontology.js';
import { LOCATION_PATTERN, toLocation } from './locations.js';
import { parseCaption } from './parse-caption.js';
import { parseQuestion } from './parse-question.js';

/** What a response claims. */
export interface ParsedClaims {
  readonly claims: readonly Claim[];
  /** Why there are none, where the question or the response is of no known form. */
  readonly problem?: string;
}

const PLACE = new RegExp(`^(?:(?:it is )?(?:at|in|on) )?(?:the )?(${LOCATION_PATTERN})(?: [.!])?$`);

/**
 * The claims that a response makes, given its question: one for a short answer, one a clause for a caption.
 *
 * @param options - `ontology`: default {@link SCENE_ONTOLOGY}
 * @example
 * ```ts
 * import { parseClaims } from '@fgam/rectifier';
 *
 * const caption = 'a small red circle at the top left , a large blue square at the centre .';
 * if (parseClaims('describe the image .', caption).claims.length !== 2) throw new Error('not split');
 * ```
 */
export function parseClaims(
  question: string,
  response: string,
  options: { readonly ontology?: Ontology } = {},
): ParsedClaims {
  const { ontology = SCENE_ONTOLOGY } = options;
  const form = parseQuestion(question);
  if (!form) return { claims: [], problem: `no known form of question: ${JSON.stringify(question)}` };
  const text = plainText(response);
  const phrase = (words: string) => parseNounPhrase(words, ontology);
  const one = (claim: Claim | undefined): ParsedClaims =>
    claim
      ? { claims: [claim] }
      : { claims: [], problem: `no answer to ${form.form}: ${JSON.stringify(response)}` };
  switch (form.form) {
    case 'existence': {
      const holds = parseYesNo(text);
      return one(
        holds === undefined ? undefined : { about: 'existence', text, subject: phrase(form.subject), holds },
      );
    }
    case 'spatial': {
      const holds = parseYesNo(text);
      const [subject, object] = [phrase(form.subject), phrase(form.object)];
      return one(
        holds === undefined
          ? undefined
          : { about: 'relation', text, subject, relation: form.relation, object, holds },
      );
    }
    case 'attribute': {
      const { attribute } = form;
      const value = parseValue(text, valuesOf(ontology, attribute));
      return one(
        value === undefined
          ? undefined
          : { about: 'attribute', text, subject: phrase(form.subject), attribute, value },
      );
    }
    case 'nearest': {
      const { attribute } = form;
      const value = parseValue(text, valuesOf(ontology, attribute));
      return one(
        value === undefined
          ? undefined
          : { about: 'nearest', text, reference: phrase(form.reference), attribute, value },
      );
    }
    case 'grounding': {
      const box = parseLocation(response);
      return one(box && { about: 'box', text, subject: phrase(form.subject), box });
    }
    case 'count': {
      const count = parseCount(text);
      const { relation } = form;
      return one(
        count === undefined
          ? undefined
          : { about: 'count', text, relation, reference: phrase(form.reference), count },
      );
    }
    case 'contents': {
      const { location } = form;
      if (/^(?:there is )?nothing\b/.test(text)) return one({ about: 'empty', text, location });
      const claims = parseCaption(response, ontology).map((claim) =>
        claim.about === 'object' ? { ...claim, location } : claim,
      );
      return claims.length > 0 ? { claims } : one(undefined);
    }
    case 'part': {
      const location = parseLocationWords(text);
      return one(location ? { about: 'place', text, subject: phrase(form.subject), location } : undefined);
    }
    case 'direction': {
      const relation = parseRelation(text);
      const [subject, object] = [phrase(form.subject), phrase(form.object)];
      return one(relation && { about: 'relation', text, subject, relation, object, holds: true });
    }
    case 'caption': {
      const claims = parseCaption(response, ontology);
      return claims.length > 0 ? { claims } : one(undefined);
    }
  }
}

/** The yes or no that an answer begins with; undefined if neither. */
export function parseYesNo(text: string): boolean | undefined {
  const [, word] = /^(yes|yeah|no|nope)\b/.exec(plainText(text)) ?? [];
  return word === undefined ? undefined : word.startsWith('y');
}

/** The place of a 3 x 3 grid that an answer names: `top left`, `at the centre`. */
export function parseLocationWords(text: string): string | undefined {
  const [, words] = PLACE.exec(plainText(text)) ?? [];
  return words && toLocation(words);
}

/** The relation that an answer names: `left of`, `it is above the blue square`. */
export function parseRelation(text: string): Relation | undefined {
  const words = ` ${plainText(text)} `;
  const found = RELATIONS.filter((relation) => words.includes(` ${RELATION_PHRASES[relation]} `));
  return found.length === 1 ? found[0] : undefined;
}

/** The one known value in an answer; undefined if there is none, or several. */
export function parseValue(text: string, values: readonly string[] = []): string | undefined {
  const words = plainText(text).split(' ');
  const found = new Set(values.filter((value) => words.includes(value)));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The one number in an answer, in digits or words up to ten. */
export function parseCount(text: string): number | undefined {
  const found = plainText(text)
    .split(' ')
    .flatMap((word) => (/^\d+$/.test(word) ? [Number(word)] : NUMBER_WORDS.indexOf(word)))
    .filter((count) => count >= 0);
  return new Set(found).size === 1 ? found[0] : undefined;
}
