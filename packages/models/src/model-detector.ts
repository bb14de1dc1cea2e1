import { createFunction } from '@fgam/compile';
import { type BoxUnit, type CallOptions, type Detection, type Detector, suppressOverlaps } from '@fgam/data';
import { detectionEmbeddings, tokenBoxes } from './blocks/detection.js';
import { checkLimits } from './check-limits.js';
import { modelsError } from './error.js';
import { type ExecutionOptions, functionOptions } from './execution.js';
import type { FgamModel } from './model.js';
import { cutRows, weightOf } from './tensors.js';
import { createTextEmbedder } from './text-embedder.js';
import { visionGrid } from './vision-grid.js';
import { checkVision, createVisionReader, type VisionReader } from './vision-reader.js';

/** Options of {@link createModelDetector}. */
export interface ModelDetectorOptions extends ExecutionOptions {
  /** Default: `fgam detector`. */
  readonly name?: string;
  /** Detections below this score are left out. Default 0.1. */
  readonly threshold?: number;
  /** Of detections of one phrase that overlap more than this the surest stays. Default 0.5. */
  readonly maxIou?: number;
  /** Images or phrases computed together. Default 64. */
  readonly maxBatch?: number;
  /** Phrases whose embeddings are kept between calls. Default 10,000. */
  readonly textCacheSize?: number;
  /** Bytes of images' vision tokens that are kept between calls. Default 64 MiB. */
  readonly imageCacheBytes?: number;
  /**
   * The model's vision tower, where others look through it too; who made it frees it. Default:
   * one of the detector's own.
   */
  readonly vision?: VisionReader;
}

/** A `Detector` that holds captured programs. */
export interface ModelDetector extends Detector {
  /** Frees the captured programs. */
  dispose(): Promise<void>;
}

/** What an image gives whatever the phrases: an embedding and a box for each vision token. */
interface Candidates {
  /** [N, E], unit rows. */
  readonly embeddings: Float32Array;
  /** [N, 4]: centre x, centre y, width, height. */
  readonly boxes: Float32Array;
}

/**
 * A model with a detection head (`fgam.box_hidden_size`) behind the `Detector` port: each vision token is a
 * candidate for each phrase, and of overlapping ones of a phrase the surest stays. Vision tokens are computed
 * once for each distinct image, whatever the phrases.
 *
 * @throws FgamError `models/bad-config` for a model without a detection head, `models/bad-request` for
 * options, and at the call for a phrase without words or longer than what is read; data's errors for an
 * image that can't be read
 * @example
 * ```ts
 * import { createRandom, renderScene, sampleScene } from '@fgam/data';
 * import { compactConfig, createModelDetector, createTokenizer, createWeights } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const text_config = { vocab_size: tokenizer.size, hidden_size: 8 };
 * const config = compactConfig({ vision_config, text_config, fgam: { box_hidden_size: 4 } });
 * const model = { config, tokenizer, weights: createWeights(config, 1) };
 * // Untrained, no score is high; all of them pass here, so each of the 2 x 2 tokens gives its own cell.
 * const detector = createModelDetector(model, { threshold: 1e-7 });
 * const image = await renderScene(sampleScene(createRandom('7/test/0')));
 * const [found = []] = await detector.detect([{ image, phrases: ['red dot'] }]);
 * await detector.dispose();
 * const [first] = found;
 * if (found.length !== 4 || first?.label !== 'red dot') throw new Error(JSON.stringify(found));
 * if (Math.abs(first.box.x1 - first.box.x0 - 0.5) > 0.2) throw new Error(JSON.stringify(first.box));
 * ```
 */
export function createModelDetector(model: FgamModel, options: ModelDetectorOptions = {}): ModelDetector {
  const { name = 'fgam detector', threshold = 0.1, maxIou = 0.5, maxBatch = 64 } = options;
  const { textCacheSize = 10_000, imageCacheBytes = 64 * 2 ** 20 } = options;
  const where = 'createModelDetector';
  checkLimits(where, { counts: { maxBatch, textCacheSize }, bytes: { imageCacheBytes } });
  if (!(threshold > 0 && threshold <= 1 && maxIou >= 0 && maxIou <= 1))
    throw modelsError(
      'models/bad-request',
      `${where}: expected threshold over 0 and up to 1 and maxIou from 0 to 1, got ${threshold} and ${maxIou}`,
    );
  const { config, weights } = model;
  if (config.fgam.box_hidden_size === undefined)
    throw modelsError(
      'models/bad-config',
      `${where}: expected a model with a detection head, got none; add one with withHeads(model, { box_hidden_size: 128 }, seed) and train it with a weight of \`detection\``,
    );
  checkVision(where, model, options.vision);
  const { visionTokens } = visionGrid(config);
  const [scale, bias] = ['fgam.detection_logit_scale', 'fgam.detection_logit_bias'].map(
    (weight) => weights[weight]?.data[0] ?? Number.NaN,
  ) as [number, number];
  const texts = createTextEmbedder(model, options);
  const vision = options.vision ?? createVisionReader(model, options);
  const head = createFunction(
    (w, inputs) => {
      const tokens = weightOf(inputs, 'tokens');
      return { embeddings: detectionEmbeddings(w, config, tokens), boxes: tokenBoxes(w, config, tokens) };
    },
    functionOptions({ weights }, 'detection', options),
  );

  async function candidatesOf(data: Float32Array): Promise<Candidates> {
    const shape = [1, visionTokens, config.vision_config.hidden_size];
    const { embeddings, boxes } = await head.run({ tokens: { shape, dtype: 'float32', data } });
    const [ofEmbeddings, ofBoxes] = [cutRows(embeddings, 1), cutRows(boxes, 1)];
    return { embeddings: ofEmbeddings[0] as Float32Array, boxes: ofBoxes[0] as Float32Array };
  }

  function detectIn(
    { embeddings, boxes }: Candidates,
    phrases: readonly string[],
    columns: readonly Float32Array[],
  ): Detection[] {
    const width = embeddings.length / visionTokens;
    const found = columns.flatMap((column, p) =>
      Array.from({ length: visionTokens }, (_, n): Detection | undefined => {
        let cosine = 0;
        for (let i = 0; i < width; i++) cosine += (embeddings[n * width + i] ?? 0) * (column[i] ?? 0);
        const score = 1 / (1 + Math.exp(-(Math.exp(scale) * cosine + bias)));
        const box = score >= threshold ? boxAt(boxes, n) : undefined;
        return box && { box, label: phrases[p] as string, score };
      }).filter((detection) => detection !== undefined),
    );
    return suppressOverlaps(found, maxIou);
  }

  return {
    name,
    async detect(requests, call: CallOptions = {}) {
      call.signal?.throwIfAborted();
      const tokens = await vision.of(
        requests.map(({ image }) => image),
        call.signal,
      );
      const found: Detection[][] = [];
      for (const [i, { phrases }] of requests.entries()) {
        const own = [...new Set(phrases)];
        const columns = await texts.embed(own, call);
        found.push(detectIn(await candidatesOf(tokens[i] as Float32Array), own, columns));
      }
      return found;
    },
    async dispose() {
      const own = options.vision === undefined ? [vision] : [];
      await Promise.all([...own, head, texts].map((part) => part.dispose()));
    },
  };
}

/** A token's box, cut at the image's edges; undefined for one without area. */
function boxAt(boxes: Float32Array, token: number): BoxUnit | undefined {
  const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(token * 4, token * 4 + 4);
  const inside = (value: number): number => Math.min(1, Math.max(0, value));
  const box = {
    x0: inside(x - width / 2),
    y0: inside(y - height / 2),
    x1: inside(x + width / 2),
    y1: inside(y + height / 2),
  };
  return box.x1 > box.x0 && box.y1 > box.y0 ? box : undefined;
}
