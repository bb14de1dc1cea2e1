import { join } from 'node:path';
import { type CachedAnswerer, createCachedAnswerer } from '@fgam/bench';
import { modelIdentity } from './model-identity.js';
import type { ModelOptions } from './model-options.js';
import { DECODE_BATCH } from './open-answerer.js';
import type { Answering } from './open-answering.js';

/** The file of responses in an output folder: what a run that goes on does not ask again. */
const RESPONSES = 'responses.jsonl';
/** Requests that a model of the Hugging Face hub is asked in a call. */
const CALL = 32;

/** Options of {@link keepAnswers}: which model it is, and where its answers are kept. */
export interface KeepAnswersOptions extends ModelOptions {
  readonly out: string;
  /** False: all are asked for anew, and none is kept. */
  readonly cache: boolean;
  /** Called as requests are answered, from the file or by the model. */
  readonly onAnswered: (requests: number) => void;
}

/**
 * A model whose answers are kept in the output folder as they come, each by all that it depends on (model, template,
 * question, image, sampling): a run that was stopped goes on, and what another one left is not taken for its own.
 *
 * @throws FgamError `bench/bad-input` or `data/bad-json` where the file holds anything else
 */
export async function keepAnswers(
  { answerer, compact }: Answering,
  options: KeepAnswersOptions,
): Promise<CachedAnswerer> {
  const { out, cache, template = 'default', endpoint, concurrency = 8, onAnswered } = options;
  const modelCalls = { batchSize: compact === undefined ? CALL : DECODE_BATCH };
  return createCachedAnswerer(answerer, {
    ...(cache ? { file: join(out, RESPONSES) } : {}),
    model: await modelIdentity(options),
    parameters: { template },
    // What an endpoint says is kept one by one.
    ...(endpoint === undefined ? modelCalls : { batchSize: 1, concurrency }),
    onAnswered,
  });
}
