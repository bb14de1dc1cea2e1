import { createRandom, type Feedback, type Question, type RegionSample } from '@fgam/data';
import { type Ontology, SCENE_ONTOLOGY } from '../claims/ontology.js';
import { rectifierError } from '../error.js';
import { correctedAnswer } from '../truth/corrected-answer.js';
import { feedbackFor, type FeedbackForOptions } from '../truth/feedback-for.js';
import { injectErrors } from './inject-errors.js';

/** Changes of a caption at most: models get most of its clauses wrong, not one. */
const CAPTION_CHANGES = 5;

/** A draft, feedback on it, and what it is to become: one line of stage 2's training data. */
export interface CorrectionExample {
  readonly question: Question;
  readonly response: string;
  readonly feedback: Feedback;
  /** The right response: of a caption what it said with its corrections, where that is right. */
  readonly revised: string;
  /** Where the draft comes from: the truth, `injectErrors`, or a model's own responses. */
  readonly source: 'right' | 'injected' | 'model';
  /** True if the feedback is false on purpose: the example teaches to look again, and never trains a critic. */
  readonly misleading: boolean;
}

/** Options of {@link correctionExamples}. */
export interface CorrectionExamplesOptions {
  readonly questions: readonly Question[];
  /** Default 0. */
  readonly seed?: number;
  /** Share of drafts with an injected error; the others are right and accepted. Default 0.5. */
  readonly wrongShare?: number;
  /** Share of examples, beside these, whose feedback is false. Default 0. */
  readonly misleadingShare?: number;
  /** A model's own responses: each adds an example, right or wrong, with true feedback. */
  readonly drafts?: readonly { readonly question: string; readonly response: string }[];
  /** Annotated images, for errors from what else they show. */
  readonly samples?: readonly RegionSample[];
  /** As `injectErrors` takes it. Default: up to five changes of a caption. */
  readonly captionShares?: readonly number[];
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/**
 * Training examples for reviser and critic: one a question (a right draft that is accepted, or a wrong one
 * with its correction), one a draft of the model, and misleading ones on request.
 *
 * The same options give the same examples. Source: the paper's correction trajectories (sections 3.3.3 and 4.1.2).
 *
 * @throws FgamError `rectifier/no-truth` for a question whose truth can't be read, or a draft of an unknown question
 * @example
 * ```ts
 * import { correctionExamples, revisionSegments } from '@fgam/rectifier';
 *
 * const question = { id: '1', sample: '1', kind: 'existence', question: 'is there a red circle ?', answer: 'yes' } as const;
 * const [example] = correctionExamples({ questions: [question], wrongShare: 1 });
 * const [segment] = example ? revisionSegments(example) : [];
 * const prompt =
 *   'User: is there a red circle ? Assistant: no Feedback: object : there is a red circle Assistant (Revised):';
 * if (segment?.prompt !== prompt || segment.answer !== 'yes') throw new Error();
 * ```
 */
export function correctionExamples(options: CorrectionExamplesOptions): CorrectionExample[] {
  const { questions, seed = 0, wrongShare = 0.5, misleadingShare = 0, drafts = [], samples = [] } = options;
  const { ontology = SCENE_ONTOLOGY, captionShares } = options;
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const withSample = ({ sample: id }: Question) => {
    const sample = sampleOf.get(id);
    return { ontology, ...(sample ? { sample } : {}) };
  };
  const made = questions.flatMap((question): CorrectionExample[] => {
    const random = createRandom(`examples/${seed}/${question.id}`);
    const [isWrong, isMisleading] = [random.chance(wrongShare), random.chance(misleadingShare)];
    const [error] = injectErrors(question, {
      seed,
      ...(captionShares === undefined ? { captionChanges: CAPTION_CHANGES } : { captionShares }),
      ...withSample(question),
    });
    const right = { question, response: question.answer, revised: question.answer } as const;
    const examples: CorrectionExample[] = [
      isWrong && error
        ? {
            ...right,
            ...error,
            revised: revisedOf(question, error.response, error.feedback, withSample(question)),
            source: 'injected',
            misleading: false,
          }
        : { ...right, feedback: { verdict: 'accept' }, source: 'right', misleading: false },
    ];
    if (isMisleading && error)
      examples.push(misleadingExample(question, error.response, random.chance(0.5), ontology));
    return examples;
  });
  const own = drafts.map(({ question: id, response }): CorrectionExample => {
    const question = questionOf.get(id);
    if (!question)
      throw rectifierError(
        'rectifier/no-truth',
        `correctionExamples: expected drafts of the given questions, got one of question ${JSON.stringify(id)}; add the question`,
      );
    const feedback = feedbackFor(question, response, withSample(question));
    return {
      question,
      response,
      feedback,
      revised: revisedOf(question, response, feedback, withSample(question)),
      source: 'model',
      misleading: false,
    };
  });
  return [...made, ...own];
}

/**
 * The response with its corrections where these make it right, so that what was right in it stays as it
 * was said; else the truth.
 */
function revisedOf(
  question: Question,
  response: string,
  feedback: Feedback,
  options: FeedbackForOptions,
): string {
  if (question.kind !== 'caption' || feedback.verdict === 'accept') return question.answer;
  const corrected = correctedAnswer({ ...options, question: question.question, response, feedback });
  // A draft that was cut off ends where it was.
  const ends = corrected.endsWith('.') || !question.answer.endsWith('.');
  return ends && feedbackFor(question, corrected, options).verdict === 'accept' ? corrected : question.answer;
}

/** A right draft with a correction to a wrong response, or a wrong draft that is accepted. */
function misleadingExample(
  question: Question,
  wrong: string,
  isDraftRight: boolean,
  ontology: Ontology,
): CorrectionExample {
  const right = question.answer;
  // As if the wrong response were the truth; a box of the question's own would say otherwise.
  const { id, sample, kind, question: text, truth } = question;
  const inverted = { id, sample, kind, question: text, answer: wrong };
  const falsehood = truth && {
    ...truth,
    fact: `the answer is ${wrong}`,
    wrong: [right],
    regions: [],
    boxes: [],
  };
  const feedback = feedbackFor(falsehood ? { ...inverted, truth: falsehood } : inverted, right, { ontology });
  // Boxes in words are coarse: a wrong one may lie so near the right one that it does not contradict it.
  if (!isDraftRight || feedback.verdict === 'accept')
    return {
      question,
      response: wrong,
      feedback: { verdict: 'accept' },
      revised: right,
      source: 'injected',
      misleading: true,
    };
  return { question, response: right, feedback, revised: right, source: 'right', misleading: true };
}
