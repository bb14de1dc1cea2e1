import type { Critic, Feedback, GenerateRequest, Generation, Generator } from '@fgam/data';
import { ACCEPT_TEXT } from '../feedback/feedback-grammar.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { acceptByThreshold } from './accept-threshold.js';
import { formatCriticPrompt } from '../prompts/format-prompt.js';

/** Options of {@link createModelCritic}. */
export interface ModelCriticOptions {
  /** The trained rectification module. */
  readonly generator: Generator;
  /** Default: the generator's name. */
  readonly name?: string;
  /** Tokens of feedback at most. Default 96. */
  readonly maxTokens?: number;
  /**
   * Accepts a response from this probability of acceptance on (see `calibrateThreshold`), whatever the text says. Default: the text decides.
   */
  readonly acceptThreshold?: number;
  /** Default `formatCriticPrompt`, which is what the module is trained on. */
  readonly formatPrompt?: (question: string, response: string) => string;
  /**
   * Whether the generator is told what feedback probably says: acceptance, or words of the response. A generator that does not run here passes it over; feedback comes
   * sooner and is the same, but for roundings where two tokens are nearly as probable. Default false.
   */
  readonly drafts?: boolean;
  /** Called with what of a text was not in the grammar. */
  readonly onFault?: (fault: string) => void;
}

/**
 * The trained rectification module behind the `Critic` port: it reads `User: Q Assistant: A Feedback:` with the image and writes feedback
 * in the grammar, greedily.
 *
 * Confidence, from token log-probabilities: p(accept) is the probability of the whole text where it accepts, and 1 minus that of its first
 * token where it does not (an upper bound: other kinds of issues share the rest). The feedback's confidence is p(accept) of an acceptance, 1 - p(accept)
 * of a refusal; there is none where the generator gives no log-probabilities. A response that the text accepts below `acceptThreshold`
 * is refused without a correction (`reasoning : wrong`).
 */
export function createModelCritic(options: ModelCriticOptions): Critic {
  const { generator, name = generator.name, maxTokens = 96, formatPrompt = formatCriticPrompt } = options;
  const { drafts = false } = options;
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      if (requests.length === 0) return [];
      const generations = await generator.generate(
        requests.map(
          ({ image, question, response }): DraftedRequest => ({
            image,
            prompt: formatPrompt(question, response),
            maxTokens,
            temperature: 0,
            ...(drafts ? { draft: ACCEPT_TEXT, quotes: response } : {}),
          }),
        ),
        call,
      );
      return generations.map((generation, index) =>
        toFeedback(generation, requests[index]?.response ?? '', options),
      );
    },
  };
}

/** A request with hints that generators may pass over (`ModelRequest` of `@fgam/models`). */
interface DraftedRequest extends GenerateRequest {
  readonly draft?: string;
  readonly quotes?: string;
}

function toFeedback(generation: Generation, response: string, options: ModelCriticOptions): Feedback {
  const { acceptThreshold, onFault } = options;
  const said = parseFeedback(generation.text, { response, ...(onFault ? { onFault } : {}) });
  const accept = acceptProbability(generation, said.verdict === 'accept');
  if (accept === undefined) return said;
  const feedback = { ...said, confidence: said.verdict === 'accept' ? accept : 1 - accept };
  return acceptThreshold === undefined ? feedback : acceptByThreshold(feedback, acceptThreshold, response);
}

function acceptProbability({ logprobs }: Generation, isAccepted: boolean): number | undefined {
  const [first] = logprobs;
  if (first === undefined) return undefined;
  const probability = isAccepted
    ? Math.exp(logprobs.reduce((sum, each) => sum + each, 0))
    : 1 - Math.exp(first);
  return Math.min(1, Math.max(0, probability));
}
