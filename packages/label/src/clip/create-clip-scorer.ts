import { setImmediate } from 'node:timers/promises';
import type { BoxUnit, CallOptions, RegionTextScorer, RgbImage } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { cacheKey, createJsonCache } from '../json-cache.js';
import { openRegionPixels } from '../region-pixels.js';
import type { ModelChoice } from '../transformers/locate-model.js';
import { openClipModel } from './clip-model.js';

/** Counted up with every change of how a region becomes CLIP's input. */
const VERSION = 1;

/** Options of `createClipScorer`. */
export interface ClipScorerOptions extends ModelChoice {
  /** Share of a box's sides that is shown around it. Default 0: the box alone. */
  readonly margin?: number;
  /** Regions or texts that go through the model at once. Default 16. */
  readonly batchSize?: number;
  /** A folder that remembers scores. Default: none. */
  readonly cache?: string;
}

/** A `RegionTextScorer` of CLIP's. */
export interface ClipScorer extends RegionTextScorer {
  /** Over all of the model's files. */
  readonly modelSha256: string;
  /** Frees the model; later calls are refused with `label/released`. */
  release(): Promise<void>;
}

/**
 * Scores texts against regions by CLIP (Radford et al., 2021, arXiv 2103.00020) through transformers.js: the
 * cosine of the embeddings of a region, cut out, and of a text. The box of the whole image gives the CLIP
 * score of a caption, as LAION filtered by it.
 *
 * A picture is prepared as the model's own config says: CLIP takes the middle square of it. A text of more
 * than 77 tokens is cut. The caller releases it.
 *
 * @throws FgamError `label/missing-package`, `label/missing-file` with what is missing,
 * `label/bad-model`, `label/bad-config`. `score`: `label/bad-box` for a box without area inside the image,
 * `label/bad-image`, `label/bad-output`, `label/cache-failed`, `label/released`, or the signal's reason
 * @example
 * ```ts
 * import { createClipScorer } from '@fgam/label';
 * import sharp from 'sharp';
 *
 * // A tiny CLIP that knows four colours and two shapes.
 * const scorer = await createClipScorer({ model: 'packages/label/test-fixtures/tiny-clip' });
 * const square = await sharp({ create: { width: 26, height: 26, channels: 3, background: '#f00' } }).png().toBuffer();
 * const image = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#787878' } })
 *   .composite([{ input: square, left: 3, top: 3 }])
 *   .png()
 *   .toBuffer();
 * const boxes = [{ x0: 0, y0: 0, x1: 1, y1: 1 }];
 * const [[[right = 0, wrong = 0] = []] = []] = await scorer.score([{ image, boxes, texts: ['a red square', 'a blue circle'] }]);
 * await scorer.release();
 * if (right < 0.5 || wrong > 0.3) throw new Error(`${right} ${wrong}`);
 * ```
 */
export async function createClipScorer(options: ClipScorerOptions): Promise<ClipScorer> {
  const { margin = 0, batchSize = 16 } = options;
  if (!(margin >= 0 && margin <= 10 && Number.isInteger(batchSize) && batchSize >= 1))
    throw labelError(
      'label/bad-config',
      `createClipScorer: expected margin within 0..10 and a whole batchSize >= 1, got ${margin} and ${batchSize}`,
    );
  const model = await openClipModel(options);
  const cache =
    options.cache === undefined
      ? undefined
      : createJsonCache(
          'createClipScorer',
          options.cache,
          z.array(z.array(z.number().min(-1.001).max(1.001))),
        );

  let released: Promise<void> | undefined;
  const checkGoesOn = (signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted();
    if (released !== undefined)
      throw labelError(
        'label/released',
        `score: ${model.name} was freed by release(); make a scorer of the model again`,
      );
  };

  const embed = async <Input>(
    inputs: readonly Input[],
    by: (batch: readonly Input[]) => Promise<Float32Array[]>,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> => {
    const found: Float32Array[] = [];
    for (let start = 0; start < inputs.length; start += batchSize) {
      // A pass blocks: timers and signals have their turn here.
      await setImmediate();
      checkGoesOn(signal);
      const embeddings = await by(inputs.slice(start, start + batchSize)).catch((error: unknown) => {
        // Of a model that was freed in the middle of it.
        checkGoesOn(signal);
        throw error;
      });
      found.push(...embeddings);
    }
    return found;
  };

  return {
    name: model.name,
    modelSha256: model.sha256,
    async score(requests, { signal }: CallOptions = {}) {
      checkGoesOn(signal);
      const flat = requests.flatMap(({ boxes }) => boxes).find((box) => !hasArea(box));
      if (flat !== undefined)
        throw labelError(
          'label/bad-box',
          `score: expected boxes with area inside 0..1, got ${JSON.stringify(flat)}; leave it out`,
        );
      const scores: (number[][] | undefined)[] = [];
      const asked: { readonly place: number; readonly key: string }[] = [];
      const pictures: RgbImage[] = [];
      for (const [place, { image, boxes, texts }] of requests.entries()) {
        const pixels = await openRegionPixels(image);
        const input = { VERSION, image: pixels.sha256, boxes: boxes.map(edges), texts, margin };
        const key = cacheKey('fgam-clip', { ...input, modelSha256: model.sha256 });
        scores[place] = await cache?.read(key);
        checkGoesOn(signal);
        if (scores[place] !== undefined) continue;
        asked.push({ place, key });
        for (const box of boxes) pictures.push(await pixels.crop(box, margin));
      }
      const texts = [...new Set(asked.flatMap(({ place }) => requests[place]?.texts ?? []))];
      const ofText = new Map(
        (await embed(texts, (batch) => model.embedTexts(batch), signal)).map((embedding, i) => [
          texts[i],
          embedding,
        ]),
      );
      const regions = await embed(pictures, (batch) => model.embedImages(batch), signal);
      let next = 0;
      for (const { place, key } of asked) {
        const request = requests[place];
        const rows = (request?.boxes ?? []).map(() => {
          const region = regions[next++] as Float32Array;
          return (request?.texts ?? []).map((text) => dot(region, ofText.get(text) as Float32Array));
        });
        scores[place] = rows;
        await cache?.write(key, rows);
      }
      return scores.map((rows) => rows ?? []);
    },
    release: () => (released ??= model.release()),
  };
}

function edges({ x0, y0, x1, y1 }: BoxUnit): number[] {
  return [x0, y0, x1, y1];
}

function hasArea({ x0, y0, x1, y1 }: BoxUnit): boolean {
  return Math.min(1, x1) > Math.max(0, x0) && Math.min(1, y1) > Math.max(0, y0);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
