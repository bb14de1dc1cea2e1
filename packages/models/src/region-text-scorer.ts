import { createFunction } from '@fgam/compile';
import { type BoxUnit, type CallOptions, type RegionTextScorer, roiWeights } from '@fgam/data';
import { roundUp } from './batch-size.js';
import { regionEmbeddings } from './blocks/embeddings.js';
import { checkLimits } from './check-limits.js';
import { createDisposal } from './disposal.js';
import { modelsError } from './error.js';
import { type ExecutionOptions, functionOptions } from './execution.js';
import type { Program } from './generation/programs.js';
import type { FgamModel } from './model.js';
import { cutRows, weightOf } from './tensors.js';
import { createTextEmbedder } from './text-embedder.js';
import { visionGrid } from './vision-grid.js';
import { checkVision, createVisionReader, type VisionReader } from './vision-reader.js';

/** Options of {@link createRegionTextScorer}. */
export interface RegionTextScorerOptions extends ExecutionOptions {
  /** Default: `fgam`. */
  readonly name?: string;
  /** Images or texts embedded together. Default 64. */
  readonly maxBatch?: number;
  /** Texts whose embeddings are kept between calls. Default 10,000. */
  readonly textCacheSize?: number;
  /** Bytes of images' vision tokens that are kept between calls. Default 64 MiB. */
  readonly imageCacheBytes?: number;
  /**
   * The model's vision tower, where others look through it too; who made it frees it. Default:
   * one of the scorer's own.
   */
  readonly vision?: VisionReader;
}

/** A `RegionTextScorer` that holds captured programs. */
export interface ModelRegionTextScorer extends RegionTextScorer {
  /** Embeddings of texts, [E] each with unit norm, in their order; each distinct text is computed once. */
  embedTexts(texts: readonly string[], options?: CallOptions): Promise<readonly Float32Array[]>;
  /** Frees the captured programs; later calls are refused with `models/disposed`. */
  dispose(): Promise<void>;
}

/**
 * Stage 1's model behind the `RegionTextScorer` port: cosines of region and text embeddings.
 *
 * Vision tokens are computed once for each distinct image, text embeddings once for each distinct text.
 *
 * @throws FgamError `models/bad-weights` for a model in 8 bits, `models/bad-request` for options, and at the
 * call for a text without words or longer than what is read; data's `data/bad-box` for a box without area
 * @example
 * ```ts
 * import { createRandom, renderScene, sampleScene } from '@fgam/data';
 * import { compactConfig, createRegionTextScorer, createTokenizer, createWeights } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['red', 'dot', 'blue']);
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const text_config = { vocab_size: tokenizer.size, hidden_size: 8 };
 * const config = compactConfig({ vision_config, text_config });
 * const scorer = createRegionTextScorer({ config, tokenizer, weights: createWeights(config, 1) });
 * const image = await renderScene(sampleScene(createRandom('7/test/0')));
 * const boxes = [{ x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, { x0: 0.5, y0: 0, x1: 1, y1: 1 }];
 * const [scores = []] = await scorer.score([{ image, boxes, texts: ['red dot', 'blue dot', 'red dot'] }]);
 * await scorer.dispose();
 * // A row a box, a column a text: cosines.
 * if (scores.map((row) => row.length).join() !== '3,3') throw new Error(JSON.stringify(scores));
 * const isRow = ([a = 2, , c]: readonly number[]) => a === c && Math.abs(a) < 1.00001;
 * if (!scores.every(isRow)) throw new Error(JSON.stringify(scores));
 * ```
 */
export function createRegionTextScorer(
  model: FgamModel,
  options: RegionTextScorerOptions = {},
): ModelRegionTextScorer {
  const { name = 'fgam', maxBatch = 64, textCacheSize = 10_000, imageCacheBytes = 64 * 2 ** 20 } = options;
  checkLimits('createRegionTextScorer', { counts: { maxBatch, textCacheSize }, bytes: { imageCacheBytes } });
  const { config, weights, quantized } = model;
  if (quantized !== undefined)
    throw modelsError(
      'models/bad-weights',
      "createRegionTextScorer: expected all weights in float32, got a model in 8 bits, which can generate alone; load it with weights 'memory'",
    );
  checkVision('createRegionTextScorer', model, options.vision);
  const { grid, visionTokens } = visionGrid(config);
  const create = (program: Program, part: string) =>
    createFunction(program, functionOptions({ weights }, part, options));
  const vision = options.vision ?? createVisionReader(model, options);
  const region = create((w, inputs) => {
    const tokens = weightOf(inputs, 'tokens');
    return { embeddings: regionEmbeddings(w, config, tokens, weightOf(inputs, 'roiWeights')) };
  }, 'regions');
  const text = createTextEmbedder(model, options);
  const disposal = createDisposal(`score: ${name}`, 'make a scorer of the model again');
  async function embedRegions(
    tokens: Float32Array,
    boxes: readonly BoxUnit[],
  ): Promise<readonly Float32Array[]> {
    const count = roundUp(boxes.length, 8);
    const roi = new Float32Array(count * visionTokens);
    for (const [i, box] of boxes.entries()) roiWeights(box, grid, roi, i * visionTokens);
    const { embeddings } = await region.run({
      tokens: { shape: [1, visionTokens, config.vision_config.hidden_size], dtype: 'float32', data: tokens },
      roiWeights: { shape: [1, count, visionTokens], dtype: 'float32', data: roi },
    });
    return cutRows(embeddings, boxes.length);
  }

  const score: RegionTextScorer['score'] = async (requests, call = {}) => {
    const tokens = await vision.of(
      requests.map(({ image }) => image),
      call.signal,
    );
    const texts = await text.embed(
      requests.flatMap((request) => request.texts),
      call,
    );
    const scores: number[][][] = [];
    let next = 0;
    for (const [i, { boxes, texts: own }] of requests.entries()) {
      call.signal?.throwIfAborted();
      const regions = boxes.length === 0 ? [] : await embedRegions(tokens[i] as Float32Array, boxes);
      const columns = texts.slice(next, next + own.length);
      scores.push(regions.map((row) => columns.map((column) => dot(row, column))));
      next += own.length;
    }
    return scores;
  };

  return {
    name,
    embedTexts: (texts, call) => disposal.guard(() => text.embed(texts, call)),
    score: (requests, call) => disposal.guard(() => score(requests, call)),
    async dispose() {
      disposal.begin();
      const own = options.vision === undefined ? [vision] : [];
      await Promise.all([...own, region, text].map((part) => part.dispose()));
    },
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
