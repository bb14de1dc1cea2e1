import { createAnswerer, type FgamModel, type ModelAnswerer } from '@fgam/models';
import { fittedPrompts } from './fitted-prompts.js';

/** Requests that a model decodes together: more would be no faster on two cores, and take more memory. */
export const DECODE_BATCH = 64;

/** A model as the loop asks it; prompts that were cut are reported when it is freed. */
export function openAnswerer(model: FgamModel): ModelAnswerer {
  const prompts = fittedPrompts(model);
  const answerer = createAnswerer(model, {
    formatPrompt: prompts.formatPrompt,
    maxBatch: DECODE_BATCH,
    // A compact model says a token in less time than it takes to read a draft's (docs/log.md, "Latency of rounds").
    draftRevisions: false,
  });
  return {
    name: answerer.name,
    answer: (requests, options) => answerer.answer(requests, options),
    dispose: async () => {
      prompts.report();
      await answerer.dispose();
    },
  };
}
