import { countParameters, createAnswerer, type FgamModel, type ModelAnswerer } from '@fgam/models';
import { correctedResponse } from '@fgam/rectifier';
import { fittedPrompts } from './fitted-prompts.js';

/** Requests that a model decodes together: more would be no faster on two cores, and take more memory. */
export const DECODE_BATCH = 64;

/**
 * Parameters from which a draft is read faster than it is said: one of 2 million says a token in less time than
 * it takes to read a draft's, one of 52 million does not (docs/log.md, "Latency of rounds").
 */
const DRAFTS_FROM = 20_000_000;

/** Whether a model is given drafts of what it will probably write: what comes of it is the same. */
export function paysDrafts({ weights, quantized }: Pick<FgamModel, 'weights' | 'quantized'>): boolean {
  // In 8 bits what is read at once and what is said step by step are rounded differently.
  return quantized === undefined && countParameters(weights) >= DRAFTS_FROM;
}

/** A model as the loop asks it; prompts that were cut are reported when it is freed. */
export function openAnswerer(model: FgamModel): ModelAnswerer {
  const prompts = fittedPrompts(model);
  const answerer = createAnswerer(model, {
    formatPrompt: prompts.formatPrompt,
    maxBatch: DECODE_BATCH,
    draftRevisions: paysDrafts(model) ? correctedResponse : false,
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
