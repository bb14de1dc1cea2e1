import type {
  BoxUnit,
  CallOptions,
  DescriptionProvenance,
  ImageSource,
  Region,
  RegionCaptioner,
  RegionSample,
} from '@fgam/data';
import pLimit from 'p-limit';
import { labelError } from '../error.js';
import { createAskModel } from './ask-model.js';
import { describeRegion, outcomeOf, type RegionOutcome, type UndescribedReason } from './describe-region.js';
import { DescribeRun } from './describe-run.js';
import { DESCRIBER_PROMPT_VERSION, type RegionFacts } from './describer-prompt.js';
import type { DescriberUsage } from './ledger.js';
import { describerSettings, type LlmDescriberOptions } from './llm-describer-options.js';
import { openRegionCrops } from './region-crops.js';

/** A region to describe. A captioner's request, with what else is known. */
export interface DescribeRequest extends RegionFacts {
  readonly image: ImageSource;
  readonly box: BoxUnit;
}

/** Options of `describeRegions`. */
export interface DescribeRegionsOptions extends CallOptions {
  /** What is known of a region beside its label. Default: nothing. */
  readonly attributes?: (region: Region, sample: RegionSample) => readonly string[];
  /** The regions to describe; others stay as they are. Default: all. */
  readonly select?: (region: Region, sample: RegionSample) => boolean;
  /** Regions done, described or not, of those selected. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A region that kept its old description, and why. */
export interface UndescribedRegion {
  /** Id of its sample. */
  readonly sample: string;
  /** Its own id. */
  readonly region: string;
  readonly reason: UndescribedReason;
  readonly detail: string;
}

/** What `describeRegions` gives. */
export interface DescribedSamples {
  /** All samples, in order. */
  readonly samples: readonly RegionSample[];
  readonly undescribed: readonly UndescribedRegion[];
  readonly usage: DescriberUsage;
  /** `budget`: it was spent; `endpoint`: it denied access, or failed too often in a row. What was cached is used all the same. */
  readonly stop: 'done' | 'budget' | 'endpoint';
  /** What was spent, or what failed. */
  readonly stopDetail?: string;
}

/** A `RegionCaptioner` that also rewrites whole samples. */
export interface LlmDescriber extends RegionCaptioner {
  /**
   * One description a request, in order.
   *
   * @throws FgamError `label/bad-config` for a request without label where no picture is sent; for the first request without a
   * description `label/no-description`, `label/endpoint-failed`, `label/budget` or `label/bad-image`; `label/cache-failed`; the
   * signal's reason
   */
  describe(requests: readonly DescribeRequest[], options?: CallOptions): Promise<readonly string[]>;
  /**
   * The samples with new descriptions and their provenance.
   *
   * @throws FgamError `label/cache-failed`; the signal's reason
   */
  describeRegions(
    samples: readonly RegionSample[],
    options?: DescribeRegionsOptions,
  ): Promise<DescribedSamples>;
}

/**
 * Describes regions by any OpenAI-compatible chat endpoint, from label, attributes, caption, the box in words and, with `images`, the
 * region's picture.
 *
 * Each text is checked (`checkDescription`) and asked for again while it fails. Requests that meet 408, 429, 5xx, a broken connection, a
 * timeout or an unreadable reply are tried again with growing waits; other 4xx are not. With `cache`, a rerun sends nothing that was
 * answered before.
 *
 * Source: the paper, section 3.2.1 (descriptions "by a captioner or LLM"). Prompt and checks are ours.
 *
 * @throws FgamError `label/bad-config` with all faults of the options
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { AddressInfo } from 'node:net';
 * import { createLlmDescriber } from '@fgam/label';
 *
 * const server = createServer((_, response) => {
 *   response.setHeader('content-type', 'application/json');
 *   response.end(JSON.stringify({ choices: [{ message: { content: 'a red car on the right' } }] }));
 * });
 * await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
 * const { port } = server.address() as AddressInfo;
 *
 * const describer = createLlmDescriber({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'any' });
 * const box = { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 };
 * const [text] = await describer.describe([{ image: 'street.jpg', box, label: 'car', attributes: ['red'] }]);
 * if (text !== 'a red car on the right') throw new Error(text);
 * server.closeAllConnections();
 * server.close();
 * ```
 */
export function createLlmDescriber(options: LlmDescriberOptions): LlmDescriber {
  const settings = describerSettings(options);
  const { model, endpoint, images, maxSide, prices, sampling } = settings;
  const ask = createAskModel(settings);
  const photos = pLimit(settings.concurrency);
  const { temperature, topP, seed } = sampling;
  const provenance: DescriptionProvenance = {
    model,
    endpoint,
    promptVersion: DESCRIBER_PROMPT_VERSION,
    temperature,
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    images,
  };

  /** One photo: opened once for all of its regions. */
  const describePhoto = async (
    image: ImageSource,
    regions: readonly RegionFacts[],
    run: DescribeRun,
    onRegion?: () => void,
  ): Promise<RegionOutcome[]> => {
    run.signal.throwIfAborted();
    const describeAll = async (): Promise<RegionOutcome[]> => {
      const crops = images && regions.length > 0 ? await openRegionCrops(image, maxSide) : undefined;
      return Promise.all(
        regions.map(async (facts) => {
          const outcome = await describeRegion(facts, crops, settings, ask, run);
          onRegion?.();
          return outcome;
        }),
      );
    };
    try {
      return await describeAll();
    } catch (error) {
      const outcome = outcomeOf(error);
      return regions.map(() => {
        onRegion?.();
        return outcome;
      });
    }
  };

  /** All photos, some at a time. An error that ends the call ends what is under way too. */
  const describePhotos = async (
    groups: readonly { readonly image: ImageSource; readonly regions: readonly RegionFacts[] }[],
    run: DescribeRun,
    onRegion?: () => void,
  ): Promise<RegionOutcome[][]> => {
    run.signal.throwIfAborted();
    try {
      return await photos.map(groups, ({ image, regions }) => describePhoto(image, regions, run, onRegion));
    } catch (error) {
      run.cancel(error);
      throw error;
    }
  };

  return {
    name: model,
    async describe(requests, { signal } = {}) {
      const run = new DescribeRun(signal);
      checkRequests(requests, images);
      const byImage = new Map<ImageSource, number[]>();
      for (const [index, { image }] of requests.entries())
        byImage.set(image, [...(byImage.get(image) ?? []), index]);
      const groups = [...byImage].map(([image, indexes]) => ({
        image,
        regions: indexes.map((index) => requests[index] as DescribeRequest),
      }));
      const outcomes = await describePhotos(groups, run);
      const inOrder: RegionOutcome[] = [];
      [...byImage.values()].forEach((indexes, group) =>
        indexes.forEach((index, i) => {
          inOrder[index] = outcomes[group]?.[i] as RegionOutcome;
        }),
      );
      return inOrder.map(textOrThrow);
    },

    async describeRegions(samples, { signal, attributes, select = () => true, onProgress } = {}) {
      const run = new DescribeRun(signal);
      const selected = samples.map((sample) => sample.regions.filter((region) => select(region, sample)));
      const total = selected.reduce((sum, { length }) => sum + length, 0);
      let done = 0;
      const groups = samples.map((sample, i) => ({
        image: sample.image,
        regions: (selected[i] ?? []).map((region) => factsOf(region, sample, attributes)),
      }));
      const outcomes = await describePhotos(groups, run, () => onProgress?.(++done, total));
      const undescribed: UndescribedRegion[] = [];
      const described = samples.map((sample, i) => {
        const texts = new Map<Region, string>();
        selected[i]?.forEach((region, j) => {
          const outcome = outcomes[i]?.[j] as RegionOutcome;
          if ('text' in outcome) texts.set(region, outcome.text);
          else undescribed.push({ sample: sample.id, region: region.id, ...outcome });
        });
        const regions = sample.regions.map((region) => {
          const description = texts.get(region);
          return description === undefined
            ? region
            : { ...region, description, descriptionProvenance: provenance };
        });
        return { ...sample, regions };
      });
      const { stop, detail } = run.end();
      return {
        samples: described,
        undescribed,
        usage: run.usage(prices),
        stop,
        ...(detail === undefined ? {} : { stopDetail: detail }),
      };
    },
  };
}

function factsOf(
  region: Region,
  sample: RegionSample,
  attributes: DescribeRegionsOptions['attributes'],
): RegionFacts {
  const known = attributes?.(region, sample) ?? [];
  return {
    box: region.box,
    label: region.label,
    ...(known.length > 0 ? { attributes: known } : {}),
    ...(sample.caption === undefined ? {} : { caption: sample.caption }),
  };
}

function checkRequests(requests: readonly DescribeRequest[], images: boolean): void {
  const blind = images ? -1 : requests.findIndex(({ label }) => label === undefined);
  if (blind >= 0)
    throw labelError(
      'label/bad-config',
      `describe: expected a label or pictures, got neither for request ${blind}; create the describer with images: true`,
    );
}

function textOrThrow(outcome: RegionOutcome, index: number): string {
  if ('text' in outcome) return outcome.text;
  const { reason, detail } = outcome;
  throw labelError(
    codeOf(reason),
    `describe: expected a description of request ${index}, got ${reason}: ${detail}; describeRegions goes on where one region fails`,
  );
}

function codeOf(reason: UndescribedReason) {
  switch (reason) {
    case 'budget':
      return 'label/budget';
    case 'bad-image':
      return 'label/bad-image';
    case 'refused-request':
    case 'endpoint-failed':
    case 'stopped':
      return 'label/endpoint-failed';
    default:
      return 'label/no-description';
  }
}
