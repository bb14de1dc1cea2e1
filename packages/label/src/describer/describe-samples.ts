import type {
  BoxUnit,
  CallOptions,
  DescriptionProvenance,
  ImageSource,
  Region,
  RegionSample,
} from '@fgam/data';
import { labelError } from '../error.js';
import { without } from '../without.js';
import type { RegionOutcome, UndescribedReason } from './describe-region.js';
import type { RegionFacts } from './describer-prompt.js';

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
  /**
   * Replace descriptions of a model with other settings; where no new one is found, the label stands in their
   * place. Default false: they are an error.
   */
  readonly replace?: boolean;
  /** Regions done, described or not, of those selected. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A region without a new description, and why. */
export interface UndescribedRegion {
  /** Id of its sample. */
  readonly sample: string;
  /** Its own id. */
  readonly region: string;
  readonly reason: UndescribedReason;
  readonly detail: string;
}

/** A photo and what is known of its regions. */
export interface RegionPhoto {
  readonly image: ImageSource;
  readonly regions: readonly RegionFacts[];
}

/** Describes the regions of photos, in order. */
export type DescribePhotos = (
  photos: readonly RegionPhoto[],
  onRegion?: () => void,
) => Promise<readonly (readonly RegionOutcome[])[]>;

/**
 * Samples with the descriptions that `describePhotos` gives, each with its provenance.
 *
 * @throws FgamError `label/other-settings` for a description with another provenance, unless `replace` is set
 */
export async function describeSamples(
  samples: readonly RegionSample[],
  { attributes, select = () => true, replace = false, onProgress }: DescribeRegionsOptions,
  provenance: DescriptionProvenance,
  describePhotos: DescribePhotos,
): Promise<{ readonly samples: RegionSample[]; readonly undescribed: UndescribedRegion[] }> {
  const selected = samples.map((sample) => sample.regions.filter((region) => select(region, sample)));
  const isOther = ({ descriptionProvenance: made }: Region): boolean =>
    made !== undefined && !isSame(made, provenance);
  for (const [i, regions] of selected.entries()) {
    const other = regions.find(isOther);
    if (other !== undefined && !replace)
      throw labelError(
        'label/other-settings',
        `describeRegions: expected descriptions of one kind, got one of region ${other.id} in sample ${samples[i]?.id} made by ` +
          `${JSON.stringify(other.descriptionProvenance)} instead of ${JSON.stringify(provenance)}; use the former settings, or replace`,
      );
  }
  const total = selected.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  const photos = samples.map((sample, i) => ({
    image: sample.image,
    regions: (selected[i] ?? []).map((region) => factsOf(region, sample, attributes)),
  }));
  const outcomes = await describePhotos(photos, () => onProgress?.(++done, total));
  const undescribed: UndescribedRegion[] = [];
  const described = samples.map((sample, i) => {
    const found = new Map<Region, RegionOutcome>();
    selected[i]?.forEach((region, j) => found.set(region, outcomes[i]?.[j] as RegionOutcome));
    const regions = sample.regions.map((region) => {
      const outcome = found.get(region);
      if (outcome === undefined) return region;
      if ('text' in outcome)
        return { ...bare(region), description: outcome.text, descriptionProvenance: provenance };
      undescribed.push({ sample: sample.id, region: region.id, ...outcome });
      return isOther(region) ? { ...bare(region), description: region.label } : region;
    });
    return { ...sample, regions };
  });
  return { samples: described, undescribed };
}

/**
 * One description a request, in order; each photo is opened once.
 *
 * @throws FgamError for the first request without a description
 */
export async function describeRequests(
  requests: readonly DescribeRequest[],
  describePhotos: DescribePhotos,
): Promise<string[]> {
  const byImage = new Map<ImageSource, number[]>();
  for (const [index, { image }] of requests.entries())
    byImage.set(image, [...(byImage.get(image) ?? []), index]);
  const groups = [...byImage].map(([image, indexes]) => ({
    image,
    regions: indexes.map((index) => requests[index] as DescribeRequest),
  }));
  const outcomes = await describePhotos(groups);
  const inOrder: RegionOutcome[] = [];
  [...byImage.values()].forEach((indexes, group) =>
    indexes.forEach((index, i) => {
      inOrder[index] = outcomes[group]?.[i] as RegionOutcome;
    }),
  );
  return inOrder.map(textOrThrow);
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

/** A region without what is said of its former description. */
function bare(region: Region): Region {
  return without(region, 'descriptionProvenance', 'descriptionScore');
}

/** Whatever the order of the fields: one of them may come from a file. */
function isSame(a: DescriptionProvenance, b: DescriptionProvenance): boolean {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return left.size === right.size && [...left].every(([name, value]) => right.get(name) === value);
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
