import { setImmediate } from 'node:timers/promises';
import {
  type BoxUnit,
  type CallOptions,
  type CaptionerProvenance,
  isFgamError,
  type RegionCaptioner,
  type RegionSample,
} from '@fgam/data';
import { z } from 'zod';
import { checkDescription, cleanDescription } from '../describer/check-description.js';
import type { RegionOutcome } from '../describer/describe-region.js';
import {
  type DescribePhotos,
  type DescribeRegionsOptions,
  type DescribeRequest,
  describeRequests,
  describeSamples,
  type UndescribedRegion,
} from '../describer/describe-samples.js';
import type { RegionFacts } from '../describer/describer-prompt.js';
import { cacheKey, createJsonCache } from '../json-cache.js';
import { without } from '../without.js';
import { type Caption, openCaptionModel } from './caption-model.js';
import { captionerSettings, type RegionCaptionerOptions } from './region-captioner-options.js';
import { openRegionPixels, type RegionPixels } from '../region-pixels.js';

/** Counted up with every change of how a region becomes a model's input. */
const CAPTIONER_VERSION = 1;

/** What `describeRegions` of a captioner gives. */
export interface CaptionedSamples {
  /** All samples, in order. */
  readonly samples: readonly RegionSample[];
  readonly undescribed: readonly UndescribedRegion[];
  /** Captions that the model wrote, and those that the cache had. */
  readonly usage: { readonly captioned: number; readonly cached: number };
}

/** A `RegionCaptioner` with a model that runs here, which also rewrites whole samples. */
export interface LocalCaptioner extends RegionCaptioner {
  /** What it writes beside each description. */
  readonly provenance: CaptionerProvenance;
  /**
   * One description a request, in order.
   *
   * @throws FgamError for the first request without a description `label/no-description` or
   * `label/bad-image`; `label/bad-output`, `label/cache-failed`; the signal's reason
   */
  describe(requests: readonly DescribeRequest[], options?: CallOptions): Promise<readonly string[]>;
  /**
   * The samples with new descriptions and their provenance.
   *
   * @throws FgamError `label/other-settings` for descriptions made with others, unless `replace` is set;
   * `label/bad-output`, `label/cache-failed`; the signal's reason
   */
  describeRegions(
    samples: readonly RegionSample[],
    options?: DescribeRegionsOptions,
  ): Promise<CaptionedSamples>;
  /** Frees the model. */
  release(): Promise<void>;
}

/**
 * Describes regions by a captioner that runs here through transformers.js: Florence-2, or a model
 * of the kind of ViT-GPT2.
 *
 * By default a region is cut out with a tenth of its size around it and captioned; with
 * `task: 'region-to-description'` Florence-2 sees the whole image and the box. The surest token is taken each
 * time, so that a model says the same of the same picture always. A text that fails the checks
 * (`checkDescription`) is not asked for again: its region keeps its description and is listed.
 *
 * The model's passes block the event loop; between batches, an abort is noticed. The caller releases it.
 *
 * Source: the paper, section 3.2.1 (descriptions "by a captioner or LLM").
 *
 * @throws FgamError `label/missing-package` without `@huggingface/transformers`, `label/missing-file` with
 * what is missing, `label/bad-model`, `label/bad-config` with all faults of the options
 * @example
 * ```ts
 * import { createRegionCaptioner } from '@fgam/label';
 * import sharp from 'sharp';
 *
 * // A tiny Florence-2 that knows four colours and two shapes.
 * const captioner = await createRegionCaptioner({ model: 'packages/label/test-fixtures/tiny-florence-2' });
 * const square = await sharp({ create: { width: 24, height: 24, channels: 3, background: '#f00' } }).png().toBuffer();
 * const image = await sharp({ create: { width: 80, height: 40, channels: 3, background: '#787878' } })
 *   .composite([{ input: square, left: 8, top: 8 }])
 *   .png()
 *   .toBuffer();
 * const [text] = await captioner.describe([{ image, box: { x0: 0.1, y0: 0.2, x1: 0.4, y1: 0.8 } }]);
 * await captioner.release();
 * if (text !== 'a red square') throw new Error(text);
 * ```
 */
export async function createRegionCaptioner(options: RegionCaptionerOptions): Promise<LocalCaptioner> {
  const settings = captionerSettings(options);
  const { task, margin, maxTokens, batchSize, language, minWords, maxWords } = settings;
  const model = await openCaptionModel(options, { task, maxTokens });
  const seesAll = task === 'region-to-description';
  const provenance: CaptionerProvenance = {
    captioner: model.name,
    modelSha256: model.sha256,
    task,
    ...(seesAll ? {} : { margin }),
    maxTokens,
    version: CAPTIONER_VERSION,
  };
  const madeBy = without(provenance, 'captioner');
  const cache =
    options.cache === undefined
      ? undefined
      : createJsonCache('createRegionCaptioner', options.cache, captionSchema);

  const outcomeOf = ({ text, finish }: KeptCaption, facts: RegionFacts): RegionOutcome => {
    const cleaned = cleanDescription(text);
    if (finish === 'length')
      return { reason: 'cut-off', detail: `the caption was cut off at ${maxTokens} tokens` };
    return checkDescription(cleaned, facts, { language, minWords, maxWords }) ?? { text: cleaned };
  };

  const describePhotos = async (
    photos: Parameters<DescribePhotos>[0],
    signal: AbortSignal | undefined,
    usage: { captioned: number; cached: number },
    onRegion?: () => void,
  ): Promise<RegionOutcome[][]> => {
    const outcomes = photos.map((): RegionOutcome[] => []);
    let waiting: Waiting[] = [];
    const settle = ({ photo, region, facts }: Place, caption: KeptCaption): void => {
      (outcomes[photo] as RegionOutcome[])[region] = outcomeOf(caption, facts);
      onRegion?.();
    };
    const flush = async (): Promise<void> => {
      const batch = waiting;
      waiting = [];
      if (batch.length === 0) return;
      // A pass blocks: timers and signals have their turn here.
      await setImmediate();
      signal?.throwIfAborted();
      const captions = await model.caption(batch, signal);
      signal?.throwIfAborted();
      for (const [i, { key, ...place }] of batch.entries()) {
        const { text, finish } = captions[i] as Caption;
        const caption = { text, finish };
        await cache?.write(key, caption);
        usage.captioned += 1;
        settle(place, caption);
      }
    };
    signal?.throwIfAborted();
    for (const [photo, { image, regions }] of photos.entries()) {
      if (regions.length === 0) continue;
      try {
        const pixels = await openRegionPixels(image);
        let whole: Awaited<ReturnType<RegionPixels['crop']>> | undefined;
        for (const [region, facts] of regions.entries()) {
          const place = { photo, region, facts };
          const { x0, y0, x1, y1 } = facts.box;
          const key = cacheKey('fgam-captioner', { ...madeBy, image: pixels.sha256, box: [x0, y0, x1, y1] });
          const known = await cache?.read(key);
          if (known !== undefined) {
            usage.cached += 1;
            settle(place, known);
            continue;
          }
          if (seesAll) whole ??= await pixels.crop();
          const input = whole
            ? { pixels: whole, box: facts.box }
            : { pixels: await pixels.crop(facts.box, margin) };
          waiting.push({ ...place, ...input, key });
          if (waiting.length === batchSize) await flush();
        }
      } catch (error) {
        if (!(isFgamError(error) && error.code === 'label/bad-image')) throw error;
        const outcome = { reason: 'bad-image', detail: error.message } as const;
        // Nothing of it is waiting: it is decoded before the first of its regions is.
        for (const region of regions.keys()) {
          if ((outcomes[photo] as RegionOutcome[])[region] !== undefined) continue;
          (outcomes[photo] as RegionOutcome[])[region] = outcome;
          onRegion?.();
        }
      }
    }
    await flush();
    return outcomes;
  };

  return {
    name: model.name,
    provenance,
    describe: (requests, { signal } = {}) =>
      describeRequests(requests, (photos) => describePhotos(photos, signal, { captioned: 0, cached: 0 })),
    async describeRegions(samples, regionOptions = {}) {
      const usage = { captioned: 0, cached: 0 };
      const described = await describeSamples(samples, regionOptions, provenance, (photos, onRegion) =>
        describePhotos(photos, regionOptions.signal, usage, onRegion),
      );
      return { ...described, usage };
    },
    release: () => model.release(),
  };
}

const captionSchema = z.object({ text: z.string(), finish: z.enum(['stop', 'length']) });

type KeptCaption = z.infer<typeof captionSchema>;

interface Place {
  readonly photo: number;
  readonly region: number;
  readonly facts: RegionFacts;
}

interface Waiting extends Place {
  readonly pixels: Awaited<ReturnType<RegionPixels['crop']>>;
  readonly box?: BoxUnit;
  readonly key: string;
}
