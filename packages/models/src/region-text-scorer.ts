import { createFunction, type HostTensor } from '@fgam/compile';
import { type BoxUnit, type CallOptions, type RegionTextScorer, roiWeights } from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { batchSizeFor, roundUp } from './batch-size.js';
import { regionEmbeddings, textEmbeddings } from './blocks/embeddings.js';
import type { ModelConfig } from './config.js';
import { checkLimits } from './check-limits.js';
import { modelsError } from './error.js';
import { type ExecutionOptions, functionOptions } from './execution.js';
import type { Program } from './generation/programs.js';
import type { FgamModel } from './model.js';
import { weightOf } from './tensors.js';
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
  /** The model's vision tower, where others look through it too; who made it frees it. Default: one of the scorer's own. */
  readonly vision?: VisionReader;
}

/** A `RegionTextScorer` that holds captured programs. */
export interface ModelRegionTextScorer extends RegionTextScorer {
  /** Embeddings of texts, [E] each with unit norm, in their order; each distinct text is computed once. */
  embedTexts(texts: readonly string[], options?: CallOptions): Promise<readonly Float32Array[]>;
  /** Frees the captured programs. */
  dispose(): Promise<void>;
}

/** Texts are padded to multiples of this: each new shape costs a capture. */
const TEXT_UNIT = 16;

/**
 * Stage 1's model behind the `RegionTextScorer` port: cosines of region and text embeddings.
 *
 * Vision tokens are computed once for each distinct image, text embeddings once for each distinct text.
 *
 * @throws FgamError `models/bad-request` for options, and at the call for a text without words or longer than what is read; data's `data/bad-box` for a box without area
 */
export function createRegionTextScorer(
  model: FgamModel,
  options: RegionTextScorerOptions = {},
): ModelRegionTextScorer {
  const { name = 'fgam', maxBatch = 64, textCacheSize = 10_000, imageCacheBytes = 64 * 2 ** 20 } = options;
  checkLimits('createRegionTextScorer', { counts: { maxBatch, textCacheSize }, bytes: { imageCacheBytes } });
  const { config, weights } = model;
  checkVision('createRegionTextScorer', model, options.vision);
  const { grid, visionTokens } = visionGrid(config);
  const create = (program: Program, part: string) =>
    createFunction(program, functionOptions({ weights }, part, options));
  const ownVision = options.vision === undefined ? createVisionReader(model, options) : undefined;
  const vision = options.vision ?? (ownVision as VisionReader);
  const region = create((w, inputs) => {
    const tokens = weightOf(inputs, 'tokens');
    return { embeddings: regionEmbeddings(w, config, tokens, weightOf(inputs, 'roiWeights')) };
  }, 'regions');
  const text = create((w, inputs) => {
    return { embeddings: textEmbeddings(w, config, weightOf(inputs, 'ids'), weightOf(inputs, 'mask')) };
  }, 'texts');
  const kept = new LRUCache<string, Float32Array>({ max: textCacheSize });

  async function embedTexts(
    texts: readonly string[],
    call: CallOptions = {},
  ): Promise<readonly Float32Array[]> {
    const found = new Map<string, Float32Array>();
    const missing: { readonly text: string; readonly ids: readonly number[] }[] = [];
    for (const each of new Set(texts)) {
      const embedding = kept.get(each);
      if (embedding !== undefined) found.set(each, embedding);
      else missing.push({ text: each, ids: textIds(model, each) });
    }
    missing.sort((a, b) => a.ids.length - b.ids.length);
    for (let start = 0; start < missing.length; start += maxBatch) {
      call.signal?.throwIfAborted();
      const chunk = missing.slice(start, start + maxBatch);
      const { embeddings } = await text.run(
        textInputs(
          chunk.map(({ ids }) => ids),
          mostTokens(config),
          maxBatch,
        ),
      );
      for (const [i, embedding] of cutRows(embeddings, chunk.length).entries()) {
        const { text: key } = chunk[i] as (typeof chunk)[number];
        found.set(key, embedding);
        kept.set(key, embedding);
      }
    }
    return texts.map((each) => found.get(each) as Float32Array);
  }

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

  return {
    name,
    embedTexts,
    async score(requests, call = {}) {
      const tokens = await vision.of(
        requests.map(({ image }) => image),
        call.signal,
      );
      const texts = await embedTexts(
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
    },
    async dispose() {
      await Promise.all([ownVision, region, text].map((part) => part?.dispose()));
    },
  };
}

/** Tokens of the longest text that is read; a tower of its own reads one more, which ends the text. */
function mostTokens({ text_config: text, fgam: { text_tower: tower } }: ModelConfig): number {
  return tower === undefined ? text.max_position_embeddings : tower.max_position_embeddings - 1;
}

function textIds({ tokenizer, config }: FgamModel, text: string): readonly number[] {
  const ids = tokenizer.encode(text);
  const most = mostTokens(config);
  if (ids.length === 0 || ids.length > most) {
    throw modelsError(
      'models/bad-request',
      `score: expected texts of 1 to ${most} tokens, got ${ids.length} in ${JSON.stringify(text)}`,
    );
  }
  return ids;
}

function textInputs(
  texts: readonly (readonly number[])[],
  most: number,
  maxBatch: number,
): Record<string, HostTensor> {
  const batch = batchSizeFor(texts.length, maxBatch);
  const length = Math.min(most, roundUp(Math.max(...texts.map((ids) => ids.length)), TEXT_UNIT));
  const ids = new Int32Array(batch * length);
  const mask = new Float32Array(batch * length);
  for (const [row, text] of texts.entries()) {
    ids.set(text, row * length);
    mask.fill(1, row * length, row * length + text.length);
  }
  return {
    ids: { shape: [batch, length], dtype: 'int32', data: ids },
    mask: { shape: [batch, length], dtype: 'float32', data: mask },
  };
}

/** The first `count` rows of a float32 tensor, copied apart. */
function cutRows(tensor: HostTensor | undefined, count: number): Float32Array[] {
  const data = tensor?.data;
  if (!(data instanceof Float32Array)) {
    throw modelsError(
      'models/bad-shape',
      'score: expected a float32 result from the captured program, got none',
    );
  }
  const total = tensor?.shape[0] ?? 1;
  const width = data.length / total;
  return Array.from({ length: count }, (_, row) => data.slice(row * width, (row + 1) * width));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
