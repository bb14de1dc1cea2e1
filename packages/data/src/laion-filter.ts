import { DigestSet } from './digest-set.js';
import { FgamError } from './error.js';
import type { SkipReason } from './skips.js';

/** What may be told of an image by LAION's metadata. */
export interface LaionFields {
  readonly url?: string;
  readonly caption?: string;
  /** Pixels. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  /** Cosine of the image's and the caption's CLIP embeddings, as the list has it. */
  readonly similarity?: number;
  /** The list's own word, such as `UNLIKELY`, `UNSURE`, `NSFW`. */
  readonly nsfw?: string;
}

/** Which images stay. A filter that is not given lets everything through. */
export interface LaionFilter {
  /** Least length of the shorter side, in pixels. */
  readonly minSide?: number;
  /** Greatest length of the longer side, in pixels. */
  readonly maxSide?: number;
  /** Greatest ratio of the longer side to the shorter one, at least 1. */
  readonly maxAspect?: number;
  /** Least number of characters of a caption. */
  readonly minCaption?: number;
  /** Greatest number of characters of a caption. */
  readonly maxCaption?: number;
  /** Least similarity. */
  readonly minSimilarity?: number;
  /** The values of NSFW that stay, such as `['UNLIKELY']`. */
  readonly nsfw?: readonly string[];
  /** What must not come twice, to the letter: the first stays. Default `['url']`. */
  readonly unique?: readonly ('url' | 'caption')[];
}

/** The fields that a filter looks at; where a list has no such column the filter can't be applied. */
export function neededFields(filter: LaionFilter): (keyof LaionFields)[] {
  const sides = [filter.minSide, filter.maxSide, filter.maxAspect].some((side) => side !== undefined);
  return [
    ...(sides ? (['width', 'height'] as const) : []),
    ...(filter.minSimilarity === undefined ? [] : (['similarity'] as const)),
    ...(filter.nsfw === undefined ? [] : (['nsfw'] as const)),
  ];
}

/**
 * Makes a filter: why an image is left out, or undefined where it stays. It remembers urls and
 * captions of those that stayed (as digests of 128 bits). An image without a value that the filter
 * needs is left out as `bad-record`.
 *
 * @param fn - the reader, named in the error
 * @throws FgamError `data/bad-config` with every limit that is no limit
 */
export function createLaionFilter(
  fn: string,
  filter: LaionFilter,
): (fields: LaionFields) => { readonly reason: SkipReason; readonly detail: string } | undefined {
  const faults = faultsOf(filter);
  if (faults.length > 0)
    throw new FgamError('data/bad-config', `${fn}: expected a filter, got: ${faults.join('; ')}`);
  const needed = neededFields(filter);
  const {
    minSide,
    maxSide,
    maxAspect,
    minCaption,
    maxCaption,
    minSimilarity,
    nsfw,
    unique = ['url'],
  } = filter;
  const seen = { url: new DigestSet(), caption: new DigestSet() };
  return (fields) => {
    const missing = needed.filter((name) => fields[name] === undefined);
    if (missing.length > 0)
      return { reason: 'bad-record', detail: `no ${missing.join(', ')}, which the filter needs` };
    const { width = 0, height = 0, caption = '', similarity = 0 } = fields;
    const size = `${width} x ${height}`;
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    if (minSide !== undefined && short < minSide)
      return { reason: 'small-image', detail: `${size}, at least ${minSide} asked for` };
    if (maxSide !== undefined && long > maxSide)
      return { reason: 'large-image', detail: `${size}, at most ${maxSide} asked for` };
    if (maxAspect !== undefined && long > maxAspect * short)
      return { reason: 'aspect', detail: `${size}, a ratio of at most ${maxAspect} asked for` };
    const characters = caption.length;
    if (characters < (minCaption ?? 0) || characters > (maxCaption ?? Number.POSITIVE_INFINITY))
      return { reason: 'caption-length', detail: `${characters} characters` };
    if (minSimilarity !== undefined && similarity < minSimilarity)
      return { reason: 'low-similarity', detail: `${similarity}, at least ${minSimilarity} asked for` };
    if (nsfw && !nsfw.includes(fields.nsfw ?? '')) return { reason: 'nsfw', detail: fields.nsfw ?? '' };
    for (const name of unique) {
      const value = fields[name];
      if (value !== undefined && seen[name].has(value))
        return { reason: `duplicate-${name}`, detail: `seen before: ${value}` };
    }
    for (const name of unique) {
      const value = fields[name];
      if (value !== undefined) seen[name].add(value);
    }
    return undefined;
  };
}

function faultsOf(filter: LaionFilter): string[] {
  const faults: string[] = [];
  const limits = { minSide: 0, maxSide: 1, maxAspect: 1, minCaption: 0, maxCaption: 0, minSimilarity: -1 };
  for (const [name, least] of Object.entries(limits) as [keyof typeof limits, number][]) {
    const value = filter[name];
    if (value !== undefined && !(value >= least)) faults.push(`${name} ${value}, less than ${least}`);
  }
  for (const [min, max] of [
    ['minSide', 'maxSide'],
    ['minCaption', 'maxCaption'],
  ] as const)
    if ((filter[min] ?? 0) > (filter[max] ?? Number.POSITIVE_INFINITY))
      faults.push(`${min} ${filter[min]} above ${max} ${filter[max]}`);
  return faults;
}
