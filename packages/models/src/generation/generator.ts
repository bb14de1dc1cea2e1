import { collatePixels, type ImageSource, loadPixels } from '@fgam/data';
import { createFunction, type HostTensor } from '@fgam/compile';
import { checkLimits } from '../check-limits.js';
import type { ExecutionOptions } from '../execution.js';
import { functionOptions } from '../execution.js';
import { createImageFeatures } from '../image-features.js';
import type { FgamModel } from '../model.js';
import { visionGrid } from '../vision-grid.js';
import { checkVision, type VisionReader } from '../vision-reader.js';
import { createDecodingEngine } from './decoding-engine.js';
import type { DecodingPrompt } from './decoding-row.js';
import { engineGenerator } from './engine-generator.js';
import { createIdentities } from './identities.js';
import { cutPrefixes, type PrefixCache } from './key-value-cache.js';
import type { ModelGenerator, ModelRequest } from './model-request.js';
import { prefixPrompt } from './prefix-prompt.js';
import { prefixOfTokens, prefixProgram } from './programs.js';

/** Options of {@link createGenerator}. */
export interface GeneratorOptions extends ExecutionOptions {
  /** Default: `fgam`. */
  readonly name?: string;
  /** Requests decoded together, from 1. Default 32. */
  readonly maxBatch?: number;
  /** Bytes of what is computed from images alone that are kept between calls; 0 keeps none. Default 64 MiB. */
  readonly imageCacheBytes?: number;
  /**
   * Bytes of prompts and answers, as the decoder has read them, that are kept for prompts that begin
   * alike: a dialogue's next round, another question about the same image. Default 64 MiB; LLaVA-1.5-7B
   * takes a megabyte a token.
   */
  readonly promptCacheBytes?: number;
  /**
   * Of a compact model: its vision tower, where others look through it too; who made it frees it. Default:
   * one of the generator's own.
   */
  readonly vision?: VisionReader;
}

/**
 * A model that continues texts, with a key-value cache: prefix (once for each distinct image, kept
 * between calls), prompts (padded to multiples of 32) and one-token steps, each a captured program.
 * Where a request ends, the next one takes its place in the batch; what prompts have in common at
 * their beginning is read once.
 *
 * A request's result does not depend on the others but for roundings: rows of a batch never see each other,
 * and each request samples from a stream of its own `seed`. `tokens` and `logprobs` include `<eos>` where the
 * model ended by itself; a log-probability is the model's own (temperature 1). `<pad>` and `<image>` are
 * never generated. A request without an image sees no visual tokens.
 *
 * @throws FgamError `models/bad-request` for options; calls reject with that, the image reader's error,
 * `models/disposed` or the signal's reason
 *
 * @example
 * ```ts
 * import { compactConfig, createGenerator, createTokenizer, createWeights } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['is', 'it', 'red', '?', 'yes', 'no']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const generator = createGenerator({ config, tokenizer, weights: createWeights(config, 1) });
 * const request = { prompt: 'User: is it red ? Assistant:', maxTokens: 4 };
 * let text = '';
 * const [answer] = await generator.generate([request], { onPiece: (piece) => (text += piece.text) });
 * // The former answer as a draft: the same words, read in one go.
 * const [again] = await generator.generate([{ ...request, draft: answer?.tokens ?? [] }]);
 * await generator.dispose();
 * if (answer?.text !== text || again?.text !== text) throw new Error('expected the same text');
 * ```
 */
export function createGenerator(model: FgamModel, options: GeneratorOptions = {}): ModelGenerator {
  const { name = 'fgam', maxBatch = 32, imageCacheBytes = 64 * 2 ** 20 } = options;
  const { promptCacheBytes = 64 * 2 ** 20 } = options;
  checkLimits('createGenerator', { counts: { maxBatch }, bytes: { imageCacheBytes, promptCacheBytes } });
  const { config, tokenizer, weights, quantized } = model;
  const { image_token_index: imageTokenId } = config;
  const { imageSize, visualTokens } = visionGrid(config);
  const { vision } = options;
  checkVision('createGenerator', model, vision);
  const prefix = createFunction(
    vision === undefined ? prefixProgram(config) : prefixOfTokens(config),
    functionOptions(model, 'prefix', options),
  );
  const engine = createDecodingEngine(
    { weights, quantized, config, imageTokenId },
    { ...options, maxBatch, promptCacheBytes },
  );
  const kept = {
    maxBatch,
    maxBytes: imageCacheBytes,
    sizeOf: (tensors: PrefixCache) =>
      Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0),
  };
  const prefixes =
    vision === undefined
      ? createImageFeatures<Uint8Array, PrefixCache>({
          ...kept,
          read: (image) => loadPixels(image, imageSize),
          compute: async (pixels, count) =>
            cutPrefixes(await prefix.run({ pixels: collatePixels(pixels) }), count),
        })
      : createImageFeatures<ImageSource, PrefixCache>({
          ...kept,
          read: async (image) => image,
          compute: async (images, count) =>
            cutPrefixes(await prefix.run({ tokens: stacked(await vision.of(images)) }), count),
        });

  /** Vision tokens of a batch, [B, N, Dv]. */
  function stacked(tokens: readonly Float32Array[]): HostTensor {
    const [{ length: size } = new Float32Array()] = tokens;
    const data = new Float32Array(tokens.length * size);
    for (const [row, each] of tokens.entries()) data.set(each, row * size);
    const { hidden_size: width } = config.vision_config;
    return { shape: [tokens.length, size / width, width], dtype: 'float32', data };
  }
  const identityOf = createIdentities();

  async function prepare(
    requests: readonly ModelRequest[],
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<DecodingPrompt[]> {
    const sources = requests.flatMap(({ image }): ImageSource[] => (image === undefined ? [] : [image]));
    const found = [...(await prefixes.of(sources, signal))];
    return requests.map((request, i) => {
      const text = prefixPrompt(model, request, first + i);
      const seen = request.image === undefined ? undefined : found.shift();
      const length = seen === undefined ? 0 : visualTokens;
      const filled = (value: number) => new Array<number>(length).fill(value);
      return {
        ids: [...filled(imageTokenId), ...text],
        visual: [],
        units: [...filled(seen === undefined ? 0 : -identityOf(seen)), ...text],
        prefix: seen && { tensors: seen, length },
      };
    });
  }

  return engineGenerator({
    name,
    engine,
    maxBatch,
    tokens: {
      isAllowed: (token) => token < tokenizer.size && token !== tokenizer.padId && token !== imageTokenId,
      isEnd: (token) => token === tokenizer.eosId,
      decode: (said) => tokenizer.decode(said),
      encode: (text) => tokenizer.encode(text),
      endId: tokenizer.eosId,
      bytesOf: tokenizer.bytesOf,
    },
    vocabulary: tokenizer.size,
    checked(request: ModelRequest, i) {
      prefixPrompt(model, request, i);
      return request;
    },
    prepare,
    async dispose() {
      await Promise.all([prefix.dispose(), engine.dispose()]);
    },
  });
}
