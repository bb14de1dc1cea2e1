import { type Feedback, type Issue, parseLocation, type Question, type RegionSample } from '@fgam/data';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { formatNounPhrase } from '../claims/noun-phrase.js';
import { parseCaption } from '../claims/parse-caption.js';
import {
  parseCount,
  parseLocationWords,
  parseRelation,
  parseValue,
  parseYesNo,
} from '../claims/parse-claims.js';
import { type Ontology, SCENE_ONTOLOGY, valuesOf } from '../claims/ontology.js';
import { parseQuestion, type QuestionForm } from '../claims/parse-question.js';
import { captionIssues } from './caption-issues.js';
import { noTruth } from './no-truth.js';
import { saysBox } from './right-box.js';
import { isCurated, truthFeedback } from './truth-feedback.js';
import {
  attributePhrase,
  contentsPhrase,
  countPhrase,
  existencePhrase,
  nearestPhrase,
  placePhrase,
  relationPhrase,
  statedRelation,
} from './phrases.js';

/** Options of {@link feedbackFor}. */
export interface FeedbackForOptions {
  /** The annotated image: lets feedback name the relation that two objects have, not only deny the one asked for. */
  readonly sample?: RegionSample;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/**
 * The true feedback on a response, given the truth: accepts a right response, and says of a wrong one what is
 * wrong and what is right.
 *
 * `object : there is no red circle`, `relation : the red circle is right of the blue square`,
 * `attribute : the red circle is small`, `object : the red circle is at <loc_3> <loc_5> <loc_9> <loc_11>`
 * (a box is right from IoU 0.5), `count : 2 shapes are left of the red circle`,
 * `reasoning : the nearest shape is blue`, `object : there is nothing at the top`,
 * `relation : the red circle is at the top left`; a caption has an issue for each clause that is wrong,
 * and for each object that is left out. A curated question (`curatedQuestions` of `@fgam/data`) has its
 * fact told. Feedback is precise and actionable, as the paper asks (section 3.3.2): on a yes/no question
 * it gives the answer away.
 *
 * @throws FgamError `rectifier/no-truth` if the question is of no known form, or its own answer can't be read
 * @example
 * ```ts
 * import { feedbackFor } from '@fgam/rectifier';
 *
 * const asked = { id: '1', sample: '1', question: 'what size is the red circle ?' };
 * const question = { ...asked, kind: 'attribute', answer: 'small' } as const;
 * const feedback = feedbackFor(question, 'large');
 * if (feedback.verdict !== 'revise' || feedback.text !== 'attribute : the red circle is small') throw new Error();
 * ```
 */
export function feedbackFor(
  question: Question,
  response: string,
  options: FeedbackForOptions = {},
): Feedback {
  if (isCurated(question)) return truthFeedback(question, response);
  const { ontology = SCENE_ONTOLOGY } = options;
  const form = parseQuestion(question.question);
  if (!form) throw noTruth(question, 'a question of a known form');
  const issues =
    form.form === 'caption'
      ? captionIssues(question.answer, response, ontology)
      : shortIssues(shortTruth(form, question, options), response);
  return issues.length === 0 ? { verdict: 'accept' } : reviseFeedback(issues, { response });
}

function shortIssues({ kind, correction, agrees }: ShortTruth, response: string): Issue[] {
  return agrees(response) ? [] : [{ kind, claim: response.trim(), correction }];
}

/**
 * What is true of a short question, as the correction of a response that says otherwise; the claim is left
 * empty. None for a caption and for a curated question.
 *
 * @throws FgamError `rectifier/no-truth` as {@link feedbackFor}
 * @example
 * ```ts
 * import type { Question } from '@fgam/data';
 * import { statementOf } from '@fgam/rectifier';
 *
 * const asked = { id: '1', sample: '1', question: 'what size is the red circle ?' };
 * const question: Question = { ...asked, kind: 'attribute', answer: 'small' };
 * const issue = statementOf(question);
 * if (issue?.kind !== 'attribute' || issue.claim !== '') throw new Error(issue?.claim);
 * if (issue.correction !== 'the red circle is small') throw new Error(issue.correction);
 * ```
 */
export function statementOf(question: Question, options: FeedbackForOptions = {}): Issue | undefined {
  const form = isCurated(question) ? undefined : parseQuestion(question.question);
  if (form === undefined || form.form === 'caption') return undefined;
  const { kind, correction } = shortTruth(form, question, options);
  return { kind, claim: '', correction };
}

/** A question that is no caption's. */
export type ShortForm = Exclude<QuestionForm, { form: 'caption' }>;

/** The truth of a short question. */
export interface ShortTruth {
  readonly kind: Issue['kind'];
  /** In words. */
  readonly correction: string;
  readonly agrees: (response: string) => boolean;
}

/** Reads it from a question's answer. @throws FgamError `rectifier/no-truth` where that can't be read */
export function shortTruth(
  form: ShortForm,
  question: Question,
  { ontology = SCENE_ONTOLOGY, sample }: FeedbackForOptions = {},
): ShortTruth {
  const { answer } = question;
  const read = <T>(
    kind: Issue['kind'],
    parse: (text: string) => T | undefined,
    correction: (truth: T) => string,
  ): ShortTruth => {
    const truth = parse(answer);
    if (truth === undefined) throw noTruth(question, `an answer to a question of form ${form.form}`);
    return { kind, correction: correction(truth), agrees: (response) => parse(response) === truth };
  };
  switch (form.form) {
    case 'existence':
      return read('object', parseYesNo, (is) => existencePhrase(form.subject, is));
    case 'spatial':
      return read('relation', parseYesNo, (holds) => relationPhrase(form, holds, sample));
    case 'attribute': {
      const values = valuesOf(ontology, form.attribute);
      return read(
        'attribute',
        (text) => parseValue(text, values),
        (value) => attributePhrase(form.subject, value),
      );
    }
    case 'nearest': {
      const values = valuesOf(ontology, form.attribute);
      return read('reasoning', (text) => parseValue(text, values), nearestPhrase);
    }
    case 'count':
      return read('count', parseCount, (count) => countPhrase(count, form));
    case 'contents':
      return read(
        'object',
        (text) => contentsForm(text, ontology),
        () => contentsPhrase(answer.trim(), form.location),
      );
    case 'part':
      return read('relation', parseLocationWords, (location) => placePhrase(form.subject, `the ${location}`));
    case 'direction':
      return read('relation', parseRelation, (relation) => statedRelation({ ...form, relation }));
    case 'grounding': {
      const truth = question.box ?? parseLocation(answer);
      if (!truth) throw noTruth(question, 'a box');
      return {
        kind: 'object',
        correction: placePhrase(form.subject, answer.trim()),
        agrees: (response) => saysBox(response, truth),
      };
    }
  }
}

/** What a part of the image is said to hold, in one order and without articles. */
function contentsForm(text: string, ontology: Ontology): string {
  return parseCaption(text, ontology)
    .map((claim) => (claim.about === 'object' ? formatNounPhrase(claim.subject, ontology) : claim.text))
    .sort()
    .join(' , ');
}
