import {
  type CallOptions,
  collatePixels,
  type GenerateRequest,
  type Generation,
  type Generator,
  type ImageSource,
  loadPixels,
} from '@fgam/data';
import { createFunction } from '@fgam/compile';
import type { ExecutionOptions } from '../execution.js';
import { functionOptions } from '../execution.js';
import { createImageFeatures } from '../image-features.js';
import type { FgamModel } from '../model.js';
import { visionGrid } from '../vision-grid.js';
import { decodeChunk } from './decode-chunk.js';
import { createDecodingPrograms } from './decoding-programs.js';
import { cutPrefixes, type PrefixCache } from './key-value-cache.js';
import { prefixProgram } from './programs.js';
import { prefixPrefill } from './prefix-prefill.js';
import { createPrefixSequence } from './prefix-sequence.js';

/** Options of {@link createGenerator}. */
export interface GeneratorOptions extends ExecutionOptions {
  /** Default: `fgam`. */
  readonly name?: string;
  /** Requests decoded together. Default 32. */
  readonly maxBatch?: number;
  /** Bytes of images' keys and values that are kept between calls. Default 64 MiB. */
  readonly imageCacheBytes?: number;
}

/** A model behind the `Generator` port. */
export interface ModelGenerator extends Generator {
  /** Frees the captured programs; the generator can't be used afterwards. */
  dispose(): Promise<void>;
}

/**
 * A model that continues texts, with a key-value cache: prefix (once for each distinct image, kept between calls),
 * prefill (prompts padded to multiples of 32) and one-token steps, each a captured program.
 *
 * A request's result does not depend on the others: rows of a batch never see each other, and each request samples from
 * a stream of its own `seed`. `tokens` and `logprobs` include `<eos>` where the model ended by itself; a
 * log-probability is the model's own (temperature 1). `<pad>` and `<image>` are never generated. A request without an
 * image sees no visual tokens.
 *
 * @throws FgamError `models/bad-request`, or the image reader's error; an aborted call rejects with the signal's reason
 *
 * @example
 * ```ts
 * import { compactConfig, createGenerator, createTokenizer, createWeights } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['is', 'it', 'red', '?', 'yes', 'no']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const generator = createGenerator({ config, tokenizer, weights: createWeights(config, 1) });
 * const [answer] = await generator.generate([{ prompt: 'User: is it red ? Assistant:', maxTokens: 4 }]);
 * await generator.dispose();
 * if (answer?.tokens.length !== answer?.logprobs.length) throw new Error('a log-probability is missing');
 * ```
 */
export function createGenerator(model: FgamModel, options: GeneratorOptions = {}): ModelGenerator {
  const { name = 'fgam', maxBatch = 32, imageCacheBytes = 64 * 2 ** 20 } = options;
  const { config } = model;
  const { imageSize, visualTokens } = visionGrid(config);
  const prefix = createFunction(prefixProgram(config), functionOptions(model, 'prefix', options));
  const programs = createDecodingPrograms(model, options);
  const prefixes = createImageFeatures<Uint8Array, PrefixCache>({
    read: (image) => loadPixels(image, imageSize),
    maxBatch,
    maxBytes: imageCacheBytes,
    compute: async (pixels, count) => cutPrefixes(await prefix.run({ pixels: collatePixels(pixels) }), count),
    sizeOf: (tensors) => Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0),
  });
  return {
    name,
    async generate(
      requests: readonly GenerateRequest[],
      call: CallOptions = {},
    ): Promise<readonly Generation[]> {
      const sequences = requests.map((request, i) => createPrefixSequence(model, request, i));
      // Requests of like length share a batch, so that short answers do not wait for long captions.
      const order = sequences
        .map((_, i) => i)
        .sort((a, b) => lengthOf(sequences[a]) - lengthOf(sequences[b]) || a - b);
      for (let start = 0; start < order.length; start += maxBatch) {
        call.signal?.throwIfAborted();
        const chunk = order
          .slice(start, start + maxBatch)
          .map((i) => sequences[i] as (typeof sequences)[number]);
        const sources = chunk.flatMap(({ request: { image } }): ImageSource[] =>
          image === undefined ? [] : [image],
        );
        const found = [...(await prefixes.of(sources, call.signal))];
        const images = chunk.map(({ request }) => (request.image === undefined ? undefined : found.shift()));
        const prefill = prefixPrefill(config, programs, images);
        await decodeChunk(config, programs, chunk, {
          prefill,
          prefix: visualTokens,
          maxBatch,
          signal: call.signal,
        });
      }
      return sequences.map((sequence) => sequence.result());
    },
    async dispose() {
      await Promise.all([prefix.dispose(), programs.dispose()]);
    },
  };
}

function lengthOf(
  sequence: { readonly prompt: readonly number[]; readonly request: GenerateRequest } | undefined,
) {
  return sequence === undefined ? 0 : sequence.prompt.length + sequence.request.maxTokens;
}
