import { type Feedback, type Issue, iou, parseLocation, type Question, type RegionSample } from '@fgam/data';
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
import { type Ontology, SCENE_ONTOLOGY } from '../claims/ontology.js';
import { parseQuestion, type QuestionForm } from '../claims/parse-question.js';
import { rectifierError } from '../error.js';
import { captionIssues } from './caption-issues.js';
import { isCurated, truthFeedback } from './truth-feedback.js';
import { countPhrase, existencePhrase, relationPhrase, statedRelation } from './phrases.js';

/** A grounding answer is right from this intersection over union (RefCOCO's rule). */
const RIGHT_IOU = 0.5;

/** Options of {@link feedbackFor}. */
export interface FeedbackForOptions {
  /** The annotated image: lets feedback name the relation that two objects have, not only deny the one asked for. */
  readonly sample?: RegionSample;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/**
 * The true feedback on a response, given the truth: accepts a right response, and says of a wrong one what is wrong and what is right.
 *
 * `object : there is no red circle`, `relation : the red circle is right of the blue square`, `attribute : the red circle is small`,
 * `object : the red circle is at <loc_3> <loc_5> <loc_9> <loc_11>` (a box is right from IoU 0.5), `count : 2 shapes are left of the red circle`,
 * `reasoning : the nearest shape is blue`, `object : there is nothing at the top`, `relation : the red circle is at the top left`; a caption has an issue for each clause that is wrong, and for each object that is left out.
 * A curated question (`curatedQuestions` of `@fgam/data`) has its fact told.
 * Feedback is precise and actionable, as the paper asks (section 3.3.2): on a yes/no question it gives the answer away.
 *
 * @throws FgamError `rectifier/no-truth` if the question is of no known form, or its own answer can't be read
 * @example
 * ```ts
 * import { feedbackFor } from '@fgam/rectifier';
 *
 * const question = { id: '1', sample: '1', kind: 'attribute', question: 'what size is the red circle ?', answer: 'small' } as const;
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
      : shortIssues(form, question, response, ontology, options.sample);
  return issues.length === 0 ? { verdict: 'accept' } : reviseFeedback(issues, { response });
}

function shortIssues(
  form: Exclude<QuestionForm, { form: 'caption' }>,
  question: Question,
  response: string,
  ontology: Ontology,
  sample: RegionSample | undefined,
): Issue[] {
  const claim = response.trim();
  const { answer } = question;
  const check = <T>(
    kind: Issue['kind'],
    truth: T | undefined,
    said: T | undefined,
    correction: (truth: T) => string,
  ) => {
    if (truth === undefined) throw noTruth(question, `an answer to a question of form ${form.form}`);
    return truth === said ? [] : [{ kind, claim, correction: correction(truth) }];
  };
  switch (form.form) {
    case 'existence':
      return check('object', parseYesNo(answer), parseYesNo(response), (is) =>
        existencePhrase(form.subject, is),
      );
    case 'spatial':
      return check('relation', parseYesNo(answer), parseYesNo(response), (holds) =>
        relationPhrase(form, holds, sample),
      );
    case 'attribute': {
      const values = ontology.attributes[form.attribute];
      return check(
        'attribute',
        parseValue(answer, values),
        parseValue(response, values),
        (value) => `the ${form.subject} is ${value}`,
      );
    }
    case 'nearest': {
      const values = ontology.attributes[form.attribute];
      return check(
        'reasoning',
        parseValue(answer, values),
        parseValue(response, values),
        (value) => `the nearest shape is ${value}`,
      );
    }
    case 'count':
      return check('count', parseCount(answer), parseCount(response), (count) => countPhrase(count, form));
    case 'contents':
      return check(
        'object',
        contentsForm(answer, ontology),
        contentsForm(response, ontology),
        () => `there is ${answer.trim()} at the ${form.location}`,
      );
    case 'part':
      return check(
        'relation',
        parseLocationWords(answer),
        parseLocationWords(response),
        (location) => `the ${form.subject} is at the ${location}`,
      );
    case 'direction':
      return check('relation', parseRelation(answer), parseRelation(response), (relation) =>
        statedRelation({ ...form, relation }),
      );
    case 'grounding': {
      const truth = question.box ?? parseLocation(answer);
      if (!truth) throw noTruth(question, 'a box');
      const said = parseLocation(response);
      const isRight = said !== undefined && iou(said, truth) >= RIGHT_IOU;
      return isRight
        ? []
        : [{ kind: 'object', claim, correction: `the ${form.subject} is at ${answer.trim()}` }];
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

function noTruth(question: Question, expected: string): Error {
  return rectifierError(
    'rectifier/no-truth',
    `feedbackFor: expected ${expected}, got ${JSON.stringify(question.question)} with answer ` +
      `${JSON.stringify(question.answer)} (question ${question.id}); leave it out, or pass its ontology`,
  );
}
