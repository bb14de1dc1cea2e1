import {
  type BoxUnit,
  type CallOptions,
  type Feedback,
  type GenerateRequest,
  type Generation,
  type Generator,
  type ImageSource,
  type Issue,
  parseLocation,
} from '@fgam/data';
import { ACCEPT_TEXT, FEEDBACK_PATTERN, ISSUES_PATTERN } from '../feedback/feedback-grammar.js';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { likelyFeedback } from '../feedback/likely-feedback.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { isAlreadySaid, isShortQuestion } from '../truth/stated-answer.js';
import { acceptByThreshold } from './accept-threshold.js';

/** Options of critics whose feedback a model writes. */
export interface ModelCriticOptions {
  /** The trained rectification module. */
  readonly generator: Generator;
  /** Default: the generator's name. */
  readonly name?: string;
  /** Tokens of feedback at most. Default 96. */
  readonly maxTokens?: number;
  /**
   * Accepts a response from this probability of acceptance on (see `calibrateThreshold`), whatever the text
   * says. Default: the text decides.
   */
  readonly acceptThreshold?: number;
  /** Default `formatCriticPrompt`, which is what the module is trained on. */
  readonly formatPrompt?: (question: string, response: string) => string;
  /**
   * Whether the generator is told what feedback probably says: acceptance, or clauses of the response with a
   * word changed. A generator that does not run here passes it over; feedback comes sooner and is the same,
   * but for roundings where two tokens are nearly as probable. Default false.
   */
  readonly drafts?: boolean;
  /**
   * Whether the module was trained to say what is true of a short question, whatever the response is
   * (`statedExample`): it is not asked for a verdict then, but its statement is read, and a response that
   * says the same is accepted (`isAlreadySaid`). Captions have the verdict of the text. Default false.
   */
  readonly states?: boolean;
  /**
   * Whether the module was trained on questions such as this; responses to others are accepted unread, with
   * confidence 0.5, so that other critics decide. Default: on all.
   */
  readonly judges?: (question: string) => boolean;
  /** Called with what of a text was not in the grammar. */
  readonly onFault?: (fault: string) => void;
}

/** A response that a model is to write feedback on. */
export interface FeedbackPrompt {
  readonly image?: ImageSource;
  readonly prompt: string;
  readonly question: string;
  readonly response: string;
  /** Boxes of what an issue's words name. Default: the one that they have as location words. */
  readonly boxesOf?: (words: string) => readonly BoxUnit[];
}

/** A request with hints that generators may pass over (`ModelRequest` of `@fgam/models`). */
export interface DraftedRequest extends GenerateRequest {
  readonly draft?: string;
  readonly continues?: (said: string) => string;
}

/**
 * Feedback that a model writes greedily in the grammar, with its confidence from token log-probabilities:
 * p(accept) is the probability of the whole text where it accepts, and 1 minus that of its first token where
 * it does not (an upper bound: other kinds of issues share the rest). The feedback's confidence is p(accept)
 * of an acceptance, 1 - p(accept) of a refusal; there is none where the generator gives no log-probabilities.
 * With `states` it is (1 + p) / 2, p the probability of the statement: one that it is not sure of is hardly
 * more than a guess, and an acceptance never counts less than a refusal. The evidence of an issue is the
 * confidence of its refusal, with the boxes that are known of what it names.
 */
export async function writeFeedback(
  prompts: readonly FeedbackPrompt[],
  options: Omit<ModelCriticOptions, 'formatPrompt' | 'judges'>,
  call: CallOptions,
): Promise<Feedback[]> {
  const { generator, maxTokens = 96, drafts = false, states = false, acceptThreshold } = options;
  const isStated = prompts.map(({ question }) => states && isShortQuestion(question));
  const generations = await generator.generate(
    prompts.map(
      ({ image, prompt, response }, i): DraftedRequest => ({
        ...(image === undefined ? {} : { image }),
        prompt,
        maxTokens,
        temperature: 0,
        pattern: isStated[i] ? ISSUES_PATTERN : FEEDBACK_PATTERN,
        ...(drafts
          ? {
              ...(isStated[i] ? {} : { draft: ACCEPT_TEXT }),
              continues: (said: string) => likelyFeedback(said, response),
            }
          : {}),
      }),
    ),
    call,
  );
  return generations.map((generation, i) => {
    const { question, response } = prompts[i] as FeedbackPrompt;
    const written = toFeedback(generation, response, options);
    const stated = isStated[i] ? readStatement(written, generation, question, response) : written;
    const feedback =
      acceptThreshold === undefined ? stated : acceptByThreshold(stated, acceptThreshold, response);
    return withEvidence(feedback, prompts[i]?.boxesOf);
  });
}

/** Where no confidence is given, nothing is known of how sure an issue is. */
export function withEvidence(feedback: Feedback, boxesOf = locationIn): Feedback {
  if (feedback.verdict === 'accept' || feedback.confidence === undefined) return feedback;
  const { confidence: score } = feedback;
  const issues = feedback.issues.map((issue) => ({
    ...issue,
    evidence: { boxes: boxesOf(issue.correction ?? issue.claim), score },
  }));
  return { ...feedback, issues };
}

function locationIn(words: string): readonly BoxUnit[] {
  const box = parseLocation(words);
  return box === undefined ? [] : [box];
}

/** An acceptance where the response says what every issue says. */
function readStatement(
  feedback: Feedback,
  { logprobs }: Generation,
  question: string,
  response: string,
): Feedback {
  if (feedback.verdict === 'accept') return feedback;
  const issues = feedback.issues.filter(
    ({ correction }) => correction === undefined || isAlreadySaid(question, response, correction) !== true,
  );
  return statedFeedback(issues, response, logprobs);
}

/**
 * What a statement that was made before the response was known says of it: acceptance where it leaves no issue.
 * Confidence is (1 + p) / 2, p the probability of the statement's tokens; none where there are no log-probabilities.
 */
export function statedFeedback(
  issues: readonly Issue[],
  response: string,
  logprobs: Generation['logprobs'],
): Feedback {
  const confidence = logprobs.length === 0 ? {} : { confidence: (1 + probabilityOf(logprobs)) / 2 };
  return issues.length === 0
    ? { verdict: 'accept', ...confidence }
    : { ...reviseFeedback(issues, { response }), ...confidence };
}

function toFeedback(
  generation: Generation,
  response: string,
  options: Omit<ModelCriticOptions, 'formatPrompt'>,
): Feedback {
  const { onFault } = options;
  const said = parseFeedback(generation.text, { response, ...(onFault ? { onFault } : {}) });
  const accept = acceptProbability(generation, said.verdict === 'accept');
  return accept === undefined
    ? said
    : { ...said, confidence: said.verdict === 'accept' ? accept : 1 - accept };
}

function acceptProbability({ logprobs }: Generation, isAccepted: boolean): number | undefined {
  const [first] = logprobs;
  if (first === undefined) return undefined;
  return isAccepted ? probabilityOf(logprobs) : 1 - Math.min(1, Math.exp(first));
}

function probabilityOf(logprobs: readonly number[]): number {
  return Math.min(1, Math.exp(logprobs.reduce((sum, each) => sum + each, 0)));
}
