import {
  type CallOptions,
  isFgamError,
  keepRegions,
  type Region,
  type RegionSample,
  type SkipReason,
  type TextScore,
} from '@fgam/data';
import type { ClipScorer } from '../clip/create-clip-scorer.js';
import { without } from '../without.js';
import { sampleFilterSettings, type SampleFilterSettings } from './sample-filter-settings.js';

/** Which texts a filter looks at. */
export type FilteredTexts = 'captions' | 'descriptions' | 'both';

/** Which samples and texts stay. A limit that is not given lets everything through. */
export interface SampleFilter extends CallOptions {
  /** Least width of an image, in pixels. */
  readonly minWidth?: number;
  /** Least height of an image, in pixels. */
  readonly minHeight?: number;
  /** Greatest ratio of an image's longer side to its shorter one, at least 1. */
  readonly maxAspect?: number;
  /** Fewest words of a text. */
  readonly minWords?: number;
  /** Most words of a text. */
  readonly maxWords?: number;
  /** Least CLIP score of a text: of a caption with the whole image, of a description with its region. */
  readonly clip?: {
    readonly scorer: Pick<ClipScorer, 'name' | 'modelSha256' | 'score'>;
    readonly minScore: number;
  };
  /** Default `both`. */
  readonly texts?: FilteredTexts;
  /** Told of each thing that goes. */
  readonly onDrop?: (dropped: Dropped) => void;
}

/** What a filter leaves out: a caption, a region with its description, or a whole sample. */
export interface Dropped {
  readonly what: 'sample' | 'caption' | 'region';
  readonly sample: RegionSample;
  /** Id of the region. */
  readonly region?: string;
  readonly reason: SkipReason;
  readonly detail: string;
}

/** Samples that are scored in one call. */
const SAMPLES_A_CALL = 32;

const WHOLE = { x0: 0, y0: 0, x1: 1, y1: 1 };

/**
 * Filters samples of any source by the size and shape of images, the length of texts and their CLIP scores.
 *
 * A caption that fails goes, a region whose description fails goes with its relations, its label noted as
 * `incomplete` (`keepRegions`), and a sample goes where its image fails or where none of its texts is left.
 * CLIP scores of what stays are kept: `captionScore`, `descriptionScore`. Order and everything else stay.
 *
 * @throws FgamError `label/bad-config` at once, with all faults of the filter; while it
 * runs, what `clip.scorer` throws, but for a bad image, with which its sample goes
 * (`bad-image`), and the signal's reason
 * @example
 * ```ts
 * import { filterSamples } from '@fgam/label';
 *
 * const sample = { id: '7', image: '7.jpg', width: 640, height: 480, caption: 'a street with two parked cars', regions: [] };
 * const samples = [sample, { ...sample, id: '8', caption: 'street' }, { ...sample, id: '9', width: 64 }];
 * const reasons: string[] = [];
 * const filter = { minWidth: 128, minWords: 2, onDrop: ({ reason }: { reason: string }) => reasons.push(reason) };
 * const kept = [];
 * for await (const { id } of filterSamples(samples, filter)) kept.push(id);
 * if (kept.join() !== '7') throw new Error(kept.join());
 * if (reasons.join() !== 'caption-length,caption-length,small-image') throw new Error(reasons.join());
 * ```
 */
export function filterSamples(
  samples: Iterable<RegionSample> | AsyncIterable<RegionSample>,
  filter: SampleFilter,
): AsyncGenerator<RegionSample, void, undefined> {
  return filtered(samples, filter, sampleFilterSettings(filter));
}

async function* filtered(
  samples: Iterable<RegionSample> | AsyncIterable<RegionSample>,
  filter: SampleFilter,
  settings: SampleFilterSettings,
): AsyncGenerator<RegionSample, void, undefined> {
  const { clip, signal, onDrop = () => undefined } = filter;
  let part: RegionSample[] = [];
  const flush = async function* (): AsyncGenerator<RegionSample> {
    const scored = clip === undefined ? part : await scoreAll(part, clip, settings, filter);
    part = [];
    for (const sample of scored) yield sample;
  };
  for await (const sample of samples) {
    signal?.throwIfAborted();
    const fault = imageFault(sample, settings);
    if (fault !== undefined) {
      onDrop({ what: 'sample', sample, ...fault });
      continue;
    }
    const fit = keepTexts(sample, settings, onDrop, (text, what) => lengthFault(text, what, settings));
    if (fit === undefined) continue;
    part.push(fit);
    if (part.length === SAMPLES_A_CALL) yield* flush();
  }
  yield* flush();
}

interface Fault {
  readonly reason: SkipReason;
  readonly detail: string;
}

function imageFault({ width, height }: RegionSample, settings: SampleFilterSettings): Fault | undefined {
  const { minWidth, minHeight, maxAspect } = settings;
  const size = `${width} x ${height}`;
  if (width < minWidth || height < minHeight)
    return { reason: 'small-image', detail: `${size}, at least ${minWidth} x ${minHeight} asked for` };
  if (Math.max(width, height) > maxAspect * Math.min(width, height))
    return { reason: 'aspect', detail: `${size}, a ratio of at most ${maxAspect} asked for` };
  return undefined;
}

function lengthFault(
  text: string,
  what: 'caption' | 'region',
  { minWords, maxWords }: SampleFilterSettings,
): Fault | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  if (words >= minWords && words <= maxWords) return undefined;
  return { reason: what === 'caption' ? 'caption-length' : 'description-length', detail: `${words} words` };
}

/** A sample with the texts that pass; undefined where it had some and none is left. */
function keepTexts(
  sample: RegionSample,
  { captions, descriptions }: SampleFilterSettings,
  onDrop: (dropped: Dropped) => void,
  faultOf: (text: string, what: 'caption' | 'region', region: Region | undefined) => Fault | undefined,
): RegionSample | undefined {
  let last: Fault | undefined;
  let kept = sample;
  if (captions && sample.caption !== undefined) {
    const fault = faultOf(sample.caption, 'caption', undefined);
    if (fault !== undefined) {
      last = fault;
      onDrop({ what: 'caption', sample, ...fault });
      kept = without(kept, 'caption', 'captionScore');
    }
  }
  if (descriptions) {
    const regions = sample.regions.filter((region) => {
      const fault = faultOf(region.description, 'region', region);
      if (fault === undefined) return true;
      last = fault;
      onDrop({ what: 'region', sample, region: region.id, ...fault });
      return false;
    });
    if (regions.length < sample.regions.length) kept = keepRegions(kept, regions);
  }
  if (last === undefined || kept.caption !== undefined || kept.regions.length > 0) return kept;
  onDrop({
    what: 'sample',
    sample,
    reason: last.reason,
    detail: `no text is left; the last: ${last.detail}`,
  });
  return undefined;
}

async function scoreAll(
  samples: readonly RegionSample[],
  { scorer, minScore }: NonNullable<SampleFilter['clip']>,
  settings: SampleFilterSettings,
  { signal, onDrop = () => undefined }: SampleFilter,
): Promise<RegionSample[]> {
  const requests = samples.map(({ image, caption, regions }) => {
    const pairs = [
      ...(settings.captions && caption !== undefined ? [{ box: WHOLE, text: caption }] : []),
      ...(settings.descriptions ? regions.map(({ box, description }) => ({ box, text: description })) : []),
    ];
    return { image, boxes: pairs.map(({ box }) => box), texts: pairs.map(({ text }) => text) };
  });
  const options = signal ? { signal } : {};
  const scores = await scorer.score(requests, options).catch(async (error: unknown) => {
    if (!isBadImage(error)) throw error;
    // One of them can't be read: one by one tells which.
    const each = [];
    for (const request of requests)
      each.push(
        await scorer.score([request], options).then(
          ([rows]) => rows ?? [],
          (single: unknown) => {
            if (isBadImage(single)) return single;
            throw single;
          },
        ),
      );
    return each;
  });
  return samples.flatMap((sample, i) => {
    const rows = scores[i] ?? [];
    if (rows instanceof Error) {
      onDrop({ what: 'sample', sample, reason: 'bad-image', detail: rows.message });
      return [];
    }
    const scoreOf = (place: number): TextScore => ({
      value: rows[place]?.[place] ?? Number.NaN,
      model: scorer.name,
      modelSha256: scorer.modelSha256,
    });
    const first = settings.captions && sample.caption !== undefined ? 1 : 0;
    const scored: RegionSample = {
      ...sample,
      ...(first === 1 ? { captionScore: scoreOf(0) } : {}),
      regions: settings.descriptions
        ? sample.regions.map((region, j) => ({ ...region, descriptionScore: scoreOf(first + j) }))
        : sample.regions,
    };
    const kept = keepTexts(scored, settings, onDrop, (_, what, region) => {
      const value =
        (what === 'caption' ? scored.captionScore : region?.descriptionScore)?.value ?? Number.NaN;
      return value >= minScore
        ? undefined
        : { reason: 'low-clip-score', detail: `${value.toFixed(4)}, at least ${minScore} asked for` };
    });
    return kept === undefined ? [] : [kept];
  });
}

function isBadImage(error: unknown): error is Error {
  return isFgamError(error) && error.code.endsWith('/bad-image');
}
