import type { ImageSource } from '@fgam/data';
import { checkLimits } from '../check-limits.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { createDecodingEngine } from './decoding-engine.js';
import type { DecodingPrompt } from './decoding-row.js';
import { engineGenerator } from './engine-generator.js';
import type { GeneratorOptions } from './generator.js';
import { createIdentities } from './identities.js';
import { instructionOf } from './instruction.js';
import type { ModelGenerator, ModelRequest } from './model-request.js';
import { promptUnits } from './prompt-units.js';
import { splicedPrompt, type VisualTokens } from './spliced-prompt.js';
import { createVisualReader, type Look } from './visual-reader.js';

/** A text to be continued in which each image token stands for an image. */
export interface PretrainedRequest extends ModelRequest {
  /** In the order of their image tokens; `image`, in its place, is short for one. */
  readonly images?: readonly ImageSource[];
}

/** A checkpoint behind the `Generator` port. */
export type PretrainedGenerator = ModelGenerator<PretrainedRequest>;

/**
 * Continues texts with a model of the Hugging Face hub, as {@link createGenerator} does with a compact one:
 * images anywhere in the prompt, several or none; what is seen in an image is computed once for each distinct
 * image and kept between calls.
 *
 * A prompt is taken as it is (`chatTemplate.render` makes one of a conversation); each image needs its image
 * token in it, but for models whose images go first, which take none. Greedy choices are those of
 * transformers' `generate`: every token of the vocabulary may be said. `tokens` and `logprobs` include the
 * token that ends an answer; a checkpoint's own stop texts count where a request has none, and are cut off.
 *
 * @throws FgamError `models/bad-request` for options; calls reject with that, the image reader's error,
 * `models/disposed` or the signal's reason
 * @example
 * ```ts no-run
 * import { createPretrainedGenerator, loadPretrained, promptWithImages } from '@fgam/models';
 *
 * const model = await loadPretrained('llava-1.5-7b-hf', { weights: 'fitting' });
 * const generator = createPretrainedGenerator(model, { maxBatch: 4 });
 * const prompt = promptWithImages(model, 'What is in the image?', 1);
 * const [answer] = await generator.generate([{ prompt, images: ['photo.jpg'], maxTokens: 64 }]);
 * await generator.dispose();
 * console.log(answer?.text, answer?.finish);
 * if (answer?.tokens.length !== answer?.logprobs.length) throw new Error('expected one logprob a token');
 * ```
 */
export function createPretrainedGenerator(
  model: PretrainedModel,
  options: GeneratorOptions = {},
): PretrainedGenerator {
  const { name = model.family.modelType, maxBatch = 32 } = options;
  const { imageCacheBytes = 64 * 2 ** 20, promptCacheBytes = 64 * 2 ** 20 } = options;
  checkLimits('createPretrainedGenerator', {
    counts: { maxBatch },
    bytes: { imageCacheBytes, promptCacheBytes },
  });
  const { family, tokenizer, weights, stored, quantized, endIds, stopTexts } = model;
  const { config, imageTokenId } = family;
  const visual = createVisualReader(model, options);
  const engine = createDecodingEngine(
    { weights, stored, quantized, config, imageTokenId },
    { ...options, maxBatch, promptCacheBytes },
  );
  const identityOf = createIdentities();

  async function prepare(
    requests: readonly PretrainedRequest[],
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<DecodingPrompt[]> {
    const looks = requests.flatMap((request, i): Look[] => {
      const images = imagesOf(request);
      if (images.length === 0) return [];
      const instruction = instructionOf(model, request.prompt, first + i);
      return images.map((image) => ({ image, instruction }));
    });
    const seen = [...(await visual.of(looks, signal))];
    return requests.map((request, i) => {
      const own = seen.splice(0, imagesOf(request).length);
      const ids = splicedPrompt(model, request, own, first + i);
      return { ids, visual: own, units: promptUnits(ids, imageTokenId, own, identityOf) };
    });
  }

  return engineGenerator({
    name,
    engine,
    maxBatch,
    tokens: {
      isAllowed: () => true,
      isEnd: (token) => endIds.includes(token),
      isOpen: (token) => /^<0x[0-9A-F]{2}>$/.test(tokenizer.idToken(token) ?? ''),
      decode: (said) => tokenizer.decode(said),
      encode: (text) => tokenizer.encode(text),
      endId: endIds[0],
      bytesOf: tokenizer.bytesOf,
    },
    vocabulary: tokenizer.size,
    checked(request: PretrainedRequest, i) {
      splicedPrompt(
        model,
        request,
        imagesOf(request).map(() => UNSEEN),
        i,
      );
      // A pattern says where a text ends.
      return { ...request, stop: request.stop ?? (request.pattern === undefined ? stopTexts : []) };
    },
    prepare,
    async dispose() {
      await Promise.all([visual.dispose(), engine.dispose()]);
    },
  });
}

/** In place of an image that has not been looked at: at least one visual token. */
const UNSEEN: VisualTokens = { shape: [1, 0], dtype: 'float32', data: new Float32Array() };

function imagesOf({ image, images }: PretrainedRequest): readonly ImageSource[] {
  return images ?? (image === undefined ? [] : [image]);
}
