import { isDeepStrictEqual } from 'node:util';
import { createFunction } from '@fgam/compile';
import { collatePixels, type ImageSource, loadPixels } from '@fgam/data';
import { visionTower } from './blocks/vision-tower.js';
import { checkLimits } from './check-limits.js';
import { modelsError } from './error.js';
import { type ExecutionOptions, functionOptions } from './execution.js';
import { createImageFeatures } from './image-features.js';
import type { FgamModel } from './model.js';
import { cutRows, weightOf } from './tensors.js';
import { visionGrid } from './vision-grid.js';

/** Options of {@link createVisionReader}. */
export interface VisionReaderOptions extends ExecutionOptions {
  /** Images looked at together. Default 64. */
  readonly maxBatch?: number;
  /** Bytes of images' vision tokens that are kept between calls. Default 64 MiB. */
  readonly imageCacheBytes?: number;
}

/**
 * A vision tower that several parts of a loop look through: answerer, rectification module, region-text
 * scorer and detector, where their towers are the same.
 */
export interface VisionReader {
  /**
   * Vision tokens [N, Dv] of some images, in their order, each distinct image computed once.
   * @throws the image reader's FgamError
   */
  of(images: readonly ImageSource[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
  /** Whether a model's vision tower is this one: the same config and the same weights, number for number. */
  isOf(model: Pick<FgamModel, 'config' | 'weights'>): boolean;
  /** Frees the captured program. */
  dispose(): Promise<void>;
}

const TOWER = 'vision_tower.';

/**
 * A model's vision tower by itself. Give it as `vision` to `createGenerator`, `createRegionTextScorer` and
 * `createModelDetector`: an image is then encoded once for all of them.
 *
 * @throws FgamError `models/bad-request` for options
 * @example
 * ```ts
 * import { createRandom, renderScene, sampleScene } from '@fgam/data';
 * import { compactConfig, createVisionReader, createWeights, createTokenizer } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const text_config = { vocab_size: tokenizer.size, hidden_size: 8 };
 * const config = compactConfig({ vision_config, text_config });
 * const model = { config, tokenizer, weights: createWeights(config, 1) };
 * const vision = createVisionReader(model);
 * const image = await renderScene(sampleScene(createRandom('7/test/0')));
 * const [first, second] = await vision.of([image, image]);
 * await vision.dispose();
 * // 2 x 2 tokens, 8 wide, computed once.
 * if (first?.length !== 32 || second !== first) throw new Error(String(first?.length));
 * const other = { config, weights: createWeights(config, 2) };
 * if (!vision.isOf(model) || vision.isOf(other)) throw new Error('expected the reader to know its tower');
 * ```
 */
export function createVisionReader(model: FgamModel, options: VisionReaderOptions = {}): VisionReader {
  const { maxBatch = 64, imageCacheBytes = 64 * 2 ** 20 } = options;
  checkLimits('createVisionReader', { counts: { maxBatch }, bytes: { imageCacheBytes } });
  const { config, weights } = model;
  const { imageSize } = visionGrid(config);
  const vision = createFunction(
    (w, inputs) => ({ tokens: visionTower(w, config, weightOf(inputs, 'pixels')) }),
    functionOptions({ weights }, 'vision', options),
  );
  const images = createImageFeatures<Uint8Array, Float32Array>({
    read: (image) => loadPixels(image, imageSize),
    maxBatch,
    maxBytes: imageCacheBytes,
    compute: async (pixels, count) =>
      cutRows((await vision.run({ pixels: collatePixels(pixels) })).tokens, count),
    sizeOf: (tokens) => tokens.byteLength,
  });
  return {
    of: (sources, signal) => images.of(sources, signal),
    isOf: (other) => isSameTower(model, other),
    dispose: () => vision.dispose(),
  };
}

/** A `vision` option that is another model's would give other answers. @throws FgamError `models/bad-request` */
export function checkVision(caller: string, model: FgamModel, vision: VisionReader | undefined): void {
  if (vision !== undefined && !vision.isOf(model))
    throw modelsError(
      'models/bad-request',
      `${caller}: expected vision to be a reader of the model's own tower, got another's; leave it out, or train the model with its vision tower frozen`,
    );
}

type Tower = Pick<FgamModel, 'config' | 'weights'>;

function isSameTower(a: Tower, b: Tower): boolean {
  const settings = ({ config }: Tower) => {
    const { vision_config, vision_feature_layer, vision_feature_select_strategy, fgam } = config;
    const { stem, class_token, pre_layer_norm, post_layer_norm } = fgam;
    const own = { stem, class_token, pre_layer_norm, post_layer_norm };
    return { vision_config, vision_feature_layer, vision_feature_select_strategy, own };
  };
  if (!isDeepStrictEqual(settings(a), settings(b))) return false;
  const namesOf = ({ weights }: Tower) => Object.keys(weights).filter((name) => name.startsWith(TOWER));
  const names = namesOf(a);
  return (
    names.length === namesOf(b).length &&
    names.every((name) => {
      const [one, other] = [a.weights[name]?.data, b.weights[name]?.data];
      return one !== undefined && other !== undefined && (one === other || isSameData(one, other));
    })
  );
}

function isSameData(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return (
    a.byteLength === b.byteLength &&
    Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    )
  );
}
