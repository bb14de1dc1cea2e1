import type { Answerer, CallOptions, Decision, ImageSource } from '@fgam/data';
import { rectifierError } from '../error.js';
import { formatDecision, readDecision } from '../prompts/decide-prompt.js';

/** A revision to be held against the response before it. */
export interface DecideRequest {
  readonly image: ImageSource;
  readonly question: string;
  readonly former: string;
  readonly revision: string;
  readonly seed: number;
}

/** Says of each revision whether it is better. */
export interface Decider {
  readonly name: string;
  decide(requests: readonly DecideRequest[], options?: CallOptions): Promise<readonly Decision[]>;
}

/** Options of {@link createDecider}. */
export interface DeciderOptions {
  /** Who is asked, with the image: the answering model itself, or a better one. */
  readonly answerer: Answerer;
  /** Default: the answerer's name. */
  readonly name?: string;
  /** Default 0, greedy; else each request has seeds of its own. */
  readonly temperature?: number;
  /** Tokens of a reply at most: models that begin with more than the letter decide nothing. Default 8. */
  readonly maxTokens?: number;
}

/**
 * A decide step by an image-text model, asked "A or B" twice with positions swapped, as such models lean to
 * one of the letters: a revision is `better` or `worse` where both replies say so, else `undecided`, which
 * leaves it as it is (a model that always says A has no say).
 *
 * Source: the decide step of critique, revise, decide (Volcano, Lee et al., arXiv 2311.07362), which
 * asks once; the swap is ours.
 *
 * @example
 * ```ts
 * import type { Answerer } from '@fgam/data';
 * import { createDecider } from '@fgam/rectifier';
 *
 * const honest: Answerer = {
 *   name: 'honest',
 *   answer: async (requests) => requests.map(({ question }) => ({ text: question.includes('"A":"a dog"') ? 'A' : 'B' })),
 * };
 * const pair = { image: 'dog.png', question: 'what is it ?', former: 'a cat', revision: 'a dog', seed: 1 };
 * const [decision] = await createDecider({ answerer: honest }).decide([pair]);
 * if (decision !== 'better') throw new Error(decision);
 * ```
 */
export function createDecider(options: DeciderOptions): Decider {
  const { answerer, name = answerer.name, temperature = 0, maxTokens = 8 } = options;
  return {
    name,
    async decide(requests, call = {}) {
      const asked = requests.flatMap(({ image, question, former, revision, seed }) =>
        (
          [
            [former, revision],
            [revision, former],
          ] as const
        ).map((pair, i) => ({
          image,
          question: formatDecision(question, pair),
          maxTokens,
          ...(temperature === 0 ? {} : { temperature, seed: (seed + i) >>> 0 }),
        })),
      );
      const replies = await answerer.answer(asked, call);
      if (replies.length !== asked.length)
        throw rectifierError(
          'rectifier/bad-port',
          `createDecider: ${name}: expected ${asked.length} replies, got ${replies.length}`,
        );
      return requests.map((_, i): Decision => {
        const [first, swapped] = [replies[2 * i], replies[2 * i + 1]].map((reply) =>
          readDecision(reply?.text ?? ''),
        );
        if (first === 'B' && swapped === 'A') return 'better';
        return first === 'A' && swapped === 'B' ? 'worse' : 'undecided';
      });
    },
  };
}
