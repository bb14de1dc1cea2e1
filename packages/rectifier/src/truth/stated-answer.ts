import {
  inverseRelation,
  parseLocation,
  type Question,
  RELATION_PHRASES,
  type Relation,
  relationFromPhrase,
} from '@fgam/data';
import { type Ontology, SCENE_ONTOLOGY, valuesOf } from '../claims/ontology.js';
import { parseLocationWords, parseValue } from '../claims/parse-claims.js';
import { parseQuestion } from '../claims/parse-question.js';
import { type ShortForm, shortTruth } from './feedback-for.js';
import {
  attributePhrase,
  contentsPhrase,
  countPhrase,
  existencePhrase,
  nearestPhrase,
  placePhrase,
} from './phrases.js';

const RELATION = Object.values(RELATION_PHRASES).join('|');
const BOX = /^<loc_\d+>(?: <loc_\d+>){3}$/;
const RELATED = new RegExp(`^the (.+?) is (not )?(${RELATION}) the (.+)$`);

/**
 * Whether what is true of a question can be stated in words: it is of a known form, asks for no caption, and
 * for no attribute that the ontology does not have.
 *
 * @example
 * ```ts
 * import { isShortQuestion } from '@fgam/rectifier';
 *
 * if (!isShortQuestion('what size is the red circle ?') || isShortQuestion('what time is it ?')) throw new Error();
 * ```
 */
export function isShortQuestion(
  question: string,
  { ontology = SCENE_ONTOLOGY }: { readonly ontology?: Ontology } = {},
): boolean {
  return shortForm(question, ontology) !== undefined;
}

function shortForm(question: string, ontology: Ontology): ShortForm | undefined {
  const form = parseQuestion(question);
  if (form === undefined || form.form === 'caption') return undefined;
  const isKnown = !('attribute' in form) || valuesOf(ontology, form.attribute) !== undefined;
  return isKnown ? form : undefined;
}

/**
 * Whether a response already says what a correction says, so that there is nothing to correct: `large` and
 * `the red circle is large`.
 *
 * @returns undefined where the correction is not an answer to the question
 * @example
 * ```ts
 * import { isAlreadySaid } from '@fgam/rectifier';
 *
 * const question = 'is the red circle left of the blue square ?';
 * if (isAlreadySaid(question, 'no', 'the red circle is above the blue square') !== true) throw new Error();
 * ```
 */
export function isAlreadySaid(
  question: string,
  response: string,
  correction: string,
  { ontology = SCENE_ONTOLOGY }: { readonly ontology?: Ontology } = {},
): boolean | undefined {
  const form = shortForm(question, ontology);
  if (form === undefined) return undefined;
  const answer = statedAnswer(form, correction, ontology);
  if (answer === undefined) return undefined;
  const asked: Question = { id: '', sample: '', kind: 'existence', question, answer };
  return shortTruth(form, asked, { ontology }).agrees(response);
}

/** The short answer that a correction states of a question; undefined where it states none. */
export function answerOfCorrection(
  question: string,
  correction: string,
  ontology: Ontology,
): string | undefined {
  const form = shortForm(question, ontology);
  return form && statedAnswer(form, correction, ontology);
}

/** The answer that a correction states: the other way round of the words in `phrases.ts`. */
function statedAnswer(form: ShortForm, correction: string, ontology: Ontology): string | undefined {
  /** Values as answers have them: a parser reads no other. */
  const values = ('attribute' in form ? (valuesOf(ontology, form.attribute) ?? []) : []).filter(
    (value, _, all) => parseValue(value, all) === value,
  );
  const oneOf = (answers: readonly string[], phrase: (answer: string) => string): string | undefined =>
    answers.find((answer) => phrase(answer) === correction);
  switch (form.form) {
    case 'existence':
      return oneOf(['yes', 'no'], (answer) => existencePhrase(form.subject, answer === 'yes'));
    case 'spatial': {
      const stated = relationStated(form, correction);
      if (stated === undefined) return undefined;
      const { relation, holds } = stated;
      if (relation === form.relation) return holds ? 'yes' : 'no';
      // That another one does not hold says nothing of this one.
      return holds ? 'no' : undefined;
    }
    case 'direction': {
      const stated = relationStated(form, correction);
      return stated?.holds === true ? RELATION_PHRASES[stated.relation] : undefined;
    }
    case 'attribute':
      return oneOf(values, (value) => attributePhrase(form.subject, value));
    case 'nearest':
      return oneOf(values, nearestPhrase);
    case 'count': {
      const [count = ''] = /^\d+/.exec(correction) ?? [];
      return oneOf(count === '' ? [] : [count], (said) => countPhrase(Number(said), form));
    }
    case 'contents':
      return between(correction, (contents) => contentsPhrase(contents, form.location));
    case 'part': {
      const location = between(correction, (place) => placePhrase(form.subject, `the ${place}`));
      return parseLocationWords(location ?? '') && location;
    }
    case 'grounding': {
      const box = between(correction, (place) => placePhrase(form.subject, place));
      return box !== undefined && BOX.test(box) && parseLocation(box) ? box : undefined;
    }
  }
}

/** The relation of a question's subject to its object that a correction states or denies. */
function relationStated(
  { subject, object }: { readonly subject: string; readonly object: string },
  correction: string,
): { readonly relation: Relation; readonly holds: boolean } | undefined {
  const [, first, not, phrase = '', second] = RELATED.exec(correction) ?? [];
  const relation = relationFromPhrase(phrase);
  if (relation === undefined) return undefined;
  const holds = not === undefined;
  if (first === subject && second === object) return { relation, holds };
  return first === object && second === subject ? { relation: inverseRelation(relation), holds } : undefined;
}

/** What stands in the place of a phrase's part. */
function between(text: string, phrase: (part: string) => string): string | undefined {
  const [before = '', after = ''] = phrase('\0').split('\0');
  const isThere =
    text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length;
  return isThere ? text.slice(before.length, text.length - after.length) : undefined;
}
