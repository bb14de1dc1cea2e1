import type { Critic } from '@fgam/data';
import { formatCriticPrompt } from '../prompts/format-prompt.js';
import { type ModelCriticOptions, writeFeedback } from './write-feedback.js';

/**
 * The trained rectification module behind the `Critic` port: it reads
 * `User: Q Assistant: A Feedback:` with the image and writes feedback in the grammar, greedily: a
 * generator that keeps to a pattern can write nothing else.
 *
 * Confidence is of its tokens' probabilities (`writeFeedback`). A response that the text accepts below
 * `acceptThreshold` is refused without a correction (`reasoning : wrong`).
 */
export function createModelCritic(options: ModelCriticOptions): Critic {
  const { generator, name = generator.name, formatPrompt = formatCriticPrompt } = options;
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      if (requests.length === 0) return [];
      const prompts = requests.map(({ image, question, response }) => ({
        image,
        prompt: formatPrompt(question, response),
        question,
        response,
      }));
      return writeFeedback(prompts, options, call);
    },
  };
}
