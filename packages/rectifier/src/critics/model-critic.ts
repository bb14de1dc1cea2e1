import type { Critic } from '@fgam/data';
import { formatCriticPrompt } from '../prompts/format-prompt.js';
import { judgeKnown } from './judge-known.js';
import { type ModelCriticOptions, writeFeedback } from './write-feedback.js';

/**
 * The trained rectification module behind the `Critic` port: it reads
 * `User: Q Assistant: A Feedback:` with the image and writes feedback in the grammar, greedily: a
 * generator that keeps to a pattern can write nothing else.
 *
 * Confidence is of its tokens' probabilities (`writeFeedback`). A response that the text accepts below
 * `acceptThreshold` is refused without a correction (`reasoning : wrong`).
 *
 * @throws FgamError, at the call, as the generator does; the signal's reason
 * @example
 * ```ts
 * import type { Generator } from '@fgam/data';
 * import { createModelCritic } from '@fgam/rectifier';
 *
 * // Stands for the trained module. Its tokens have the probabilities 0.8 and 0.5.
 * const generator: Generator = {
 *   name: 'no cats',
 *   generate: async (requests) =>
 *     requests.map(({ prompt }) => {
 *       const isRight = prompt === 'User: is there a cat ? Assistant: no Feedback:';
 *       const text = isRight ? 'no further corrections needed' : 'object : there is no cat';
 *       return { text, tokens: [1, 2], logprobs: [Math.log(0.8), Math.log(0.5)], finish: 'stop' };
 *     }),
 * };
 * const ask = (response: string) => ({ image: 'dog.png', question: 'is there a cat ?', response });
 * const [yes, no] = await createModelCritic({ generator }).critique([ask('yes'), ask('no')]);
 * if (yes?.verdict !== 'revise' || yes.issues[0]?.correction !== 'there is no cat') throw new Error('refused');
 * // Of a refusal the first token counts, of an acceptance the whole text.
 * const sure = [yes.confidence?.toFixed(2), no?.confidence?.toFixed(2)].join();
 * if (no?.verdict !== 'accept' || sure !== '0.80,0.40') throw new Error(sure);
 * ```
 */
export function createModelCritic(options: ModelCriticOptions): Critic {
  const { generator, name = generator.name, formatPrompt = formatCriticPrompt } = options;
  const { judges = () => true } = options;
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      return judgeKnown(
        requests,
        ({ question }) => judges(question),
        (known) =>
          writeFeedback(
            known.map(({ image, question, response }) => ({
              image,
              prompt: formatPrompt(question, response),
              question,
              response,
            })),
            options,
            call,
          ),
      );
    },
  };
}
