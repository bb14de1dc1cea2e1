import type { RegionSample } from '@fgam/data';
import { captionMentions, type Mention } from './caption-mentions.js';

/** What a caption claims and how much of it is false, as counts: rates are taken over many captions' sums. */
export interface CaptionCounts {
  /** Objects named. */
  readonly mentions: number;
  /** Named objects whose kind (colour and shape) is not in the scene. */
  readonly wrongObjects: number;
  /** Named objects whose kind is there: their size and texture are looked at. */
  readonly attributeClaims: number;
  /** Of those, the ones with a false size or texture. */
  readonly wrongAttributes: number;
  /** Named objects whose kind is there and whose place is said. */
  readonly relationClaims: number;
  /** Of those, the ones in another place. */
  readonly wrongRelations: number;
  /** Objects of the scene. */
  readonly objects: number;
  /** Objects of the scene that the caption names. */
  readonly found: number;
}

/**
 * Compares a caption with a scene. Objects of one kind are paired with the mentions of that kind so that most
 * of what is said holds; a mention beyond the number of such objects is held against the one it fits best.
 *
 * Ours, after CHAIR (Rohrbach et al. 2018): a scene's annotation is complete, so that attributes and
 * places can be checked too.
 *
 * @param caption - in the scenes' vocabulary; other words are passed over
 * @param sample - its regions' descriptions are the truth
 * @example
 * ```ts
 * import { captionHallucinations } from '@fgam/bench';
 *
 * const region = { id: '1', label: 'red circle', source: 'scenes', box: { x0: 0, y0: 0, x1: 0.2, y1: 0.2 } };
 * const regions = [{ ...region, description: 'a small red circle at the top left' }];
 * const sample = { id: '1', image: '1.png', width: 64, height: 64, regions };
 * const counts = captionHallucinations('a large red circle at the top left , a blue cross .', sample);
 * if (counts.wrongObjects !== 1 || counts.wrongAttributes !== 1 || counts.found !== 1) throw new Error('wrong counts');
 * ```
 */
export function captionHallucinations(caption: string, sample: Pick<RegionSample, 'regions'>): CaptionCounts {
  return compareMentions(
    captionMentions(caption),
    sample.regions.flatMap((region) => captionMentions(region.description).slice(0, 1)),
  );
}

/** As `captionHallucinations`, with the scene's objects as a caption that names them all. */
export function compareCaptions(caption: string, truth: string): CaptionCounts {
  return compareMentions(captionMentions(caption), captionMentions(truth));
}

/** True where nothing that a caption says is false and it says something. */
export function isFaithful(counts: CaptionCounts): boolean {
  return counts.mentions > 0 && counts.wrongObjects + counts.wrongAttributes + counts.wrongRelations === 0;
}

function compareMentions(mentions: readonly Mention[], objects: readonly Mention[]): CaptionCounts {
  const partners = pairUp(mentions, objects);
  const pairs = mentions.flatMap((mention, index) => {
    const object = partners.partnerOf.get(index);
    return object ? [{ mention, object }] : [];
  });
  const placed = pairs.filter(({ mention }) => mention.place !== undefined);
  return {
    mentions: mentions.length,
    wrongObjects: mentions.length - pairs.length,
    attributeClaims: pairs.length,
    wrongAttributes: pairs.filter(({ mention, object }) => !sameAttributes(mention, object)).length,
    relationClaims: placed.length,
    wrongRelations: placed.filter(({ mention, object }) => mention.place !== object.place).length,
    objects: objects.length,
    found: partners.found,
  };
}

/** For each mention, by its place in the list, the object that it is held against. */
function pairUp(
  mentions: readonly Mention[],
  objects: readonly Mention[],
): { readonly partnerOf: ReadonlyMap<number, Mention>; readonly found: number } {
  const candidates = mentions
    .flatMap((mention, index) =>
      objects.flatMap((object) =>
        mention.kind === object.kind ? [{ index, object, fit: fitOf(mention, object) }] : [],
      ),
    )
    .sort((a, b) => b.fit - a.fit);
  const partnerOf = new Map<number, Mention>();
  const taken = new Set<Mention>();
  for (const { index, object } of candidates) {
    if (partnerOf.has(index) || taken.has(object)) continue;
    partnerOf.set(index, object);
    taken.add(object);
  }
  for (const { index, object } of candidates) if (!partnerOf.has(index)) partnerOf.set(index, object);
  return { partnerOf, found: taken.size };
}

function fitOf(mention: Mention, object: Mention): number {
  return (mention.place === object.place ? 2 : 0) + (sameAttributes(mention, object) ? 1 : 0);
}

function sameAttributes(mention: Mention, object: Mention): boolean {
  return (mention.size === undefined || mention.size === object.size) && mention.texture === object.texture;
}
