import type {
  CallOptions,
  DescriberProvenance,
  ImageSource,
  RegionCaptioner,
  RegionSample,
} from '@fgam/data';
import pLimit from 'p-limit';
import { labelError } from '../error.js';
import { createAskModel } from './ask-model.js';
import { describeRegion, outcomeOf, type RegionOutcome } from './describe-region.js';
import { DescribeRun } from './describe-run.js';
import {
  type DescribeRegionsOptions,
  type DescribeRequest,
  describeRequests,
  describeSamples,
  type RegionPhoto,
  type UndescribedRegion,
} from './describe-samples.js';
import { DESCRIBER_PROMPT_VERSION, type RegionFacts } from './describer-prompt.js';
import type { DescriberUsage } from './ledger.js';
import { describerSettings, type LlmDescriberOptions } from './llm-describer-options.js';
import { openRegionCrops } from './region-crops.js';

/** What `describeRegions` gives. */
export interface DescribedSamples {
  /** All samples, in order. */
  readonly samples: readonly RegionSample[];
  readonly undescribed: readonly UndescribedRegion[];
  readonly usage: DescriberUsage;
  /**
   * `budget`: it was spent; `endpoint`: it denied access, or failed too often in a row. What was
   * cached is used all the same.
   */
  readonly stop: 'done' | 'budget' | 'endpoint';
  /** What was spent, or what failed. */
  readonly stopDetail?: string;
}

/** A `RegionCaptioner` that also rewrites whole samples. */
export interface LlmDescriber extends RegionCaptioner {
  /**
   * One description a request, in order.
   *
   * @throws FgamError `label/bad-config` for a request without label where no picture is sent; for the first
   * request without a description `label/no-description`, `label/endpoint-failed`, `label/budget` or
   * `label/bad-image`; `label/cache-failed`; the signal's reason
   */
  describe(requests: readonly DescribeRequest[], options?: CallOptions): Promise<readonly string[]>;
  /**
   * The samples with new descriptions and their provenance.
   *
   * @throws FgamError `label/cache-failed`; `label/other-settings` for descriptions made with others, unless
   * `replace` is set; the signal's reason
   */
  describeRegions(
    samples: readonly RegionSample[],
    options?: DescribeRegionsOptions,
  ): Promise<DescribedSamples>;
}

/**
 * Describes regions by any OpenAI-compatible chat endpoint, from label, attributes, caption, the box in words
 * and, with `images`, the region's picture.
 *
 * Each text is checked (`checkDescription`) and asked for again while it fails. Requests that meet 408, 429,
 * 5xx, a broken connection, a timeout or an unreadable reply are tried again with growing waits; other 4xx
 * are not. With `cache`, a rerun sends nothing that was answered before.
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
  const provenance: DescriberProvenance = {
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
    groups: readonly RegionPhoto[],
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
      return describeRequests(requests, (groups) => describePhotos(groups, run));
    },

    async describeRegions(samples, options = {}) {
      const run = new DescribeRun(options.signal);
      const described = await describeSamples(samples, options, provenance, (groups, onRegion) =>
        describePhotos(groups, run, onRegion),
      );
      const { stop, detail } = run.end();
      return {
        ...described,
        usage: run.usage(prices),
        stop,
        ...(detail === undefined ? {} : { stopDetail: detail }),
      };
    },
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
