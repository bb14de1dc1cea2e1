import { boxArea, iou } from '../box.js';
import type { Region, RegionSample } from '../records.js';
import { COCO_CROWD } from '../select-regions.js';
import { groupBy } from './group-by.js';
import { attributesOf, type PhotoAttribute, photoAttributeOf } from './photo-attributes.js';
import { namesSeveral } from '../plural.js';

/** A region that has a name of its own. */
export interface PhotoObject {
  readonly region: Region;
  readonly name: string;
  readonly attributes: ReadonlyMap<PhotoAttribute, readonly string[]>;
}

/** What the annotation of an image says, as questions need it. */
export interface PhotoFacts {
  readonly sample: RegionSample;
  readonly objects: readonly PhotoObject[];
  readonly byName: ReadonlyMap<string, readonly PhotoObject[]>;
  /** Every thing of a known name is annotated: what is not there is absent. */
  readonly isExhaustive: boolean;
  /**
   * Whether there may be more of a name than its regions: of crowds, of what was left out, of any name where
   * nobody knows what was (`incomplete: 'all'`).
   */
  readonly isIncomplete: (name: string) => boolean;
  /** All words of captions, names and descriptions, in lower case. */
  readonly said: string;
}

/** Sources that annotate every thing of their categories. Others name what their annotators chose to. */
const EXHAUSTIVE: ReadonlySet<string> = new Set(['coco', COCO_CROWD, 'scenes']);

/** A box may be so small that nobody sees what is in it: this share of the image and below. */
const SMALL = 0.002;

/** Boxes of one name that share so much may stand for one thing. */
const SAME_THING = 0.7;

/**
 * Reads an image's annotation.
 *
 * Names are in lower case. Of an object's attributes only values of `PHOTO_ATTRIBUTES` are told.
 *
 * @example
 * ```ts
 * import { photoFacts } from '@fgam/data';
 * const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * const car = { id: '1', box, label: 'Car', description: 'a small red car', source: 'coco' };
 * const crowd = { id: '2', box, label: 'sheep', description: 'many sheep', source: 'coco-crowd' };
 * const facts = photoFacts({ id: 'p', image: 'p.jpg', width: 9, height: 9, regions: [car, crowd] });
 * const said = facts.objects.map(({ name, attributes }) => `${attributes.get('colour')?.join()} ${name}`);
 * // A crowd is no single thing; its name is one of which the regions are not all.
 * if (said.join() !== 'red car' || !facts.isIncomplete('sheep')) throw new Error(said.join());
 * // COCO marks every thing of its categories, so that what is not there is absent.
 * if (!facts.isExhaustive || facts.byName.has('dog')) throw new Error('expected no dog');
 * ```
 */
export function photoFacts(sample: RegionSample): PhotoFacts {
  const { regions, caption = '' } = sample;
  const isCrowd = ({ source }: Region) => source === COCO_CROWD;
  const objects = regions.flatMap((region): PhotoObject[] => {
    const name = isCrowd(region) ? undefined : nameOf(region);
    return name === undefined ? [] : [{ region, name, attributes: attributesOf(region, name) }];
  });
  const { incomplete = [] } = sample;
  const byName = groupBy(objects, ({ name }) => name);
  const crowds = regions.filter(isCrowd).map(({ label }) => label);
  const leftOut = [...new Set(incomplete === 'all' ? [] : [...incomplete, ...crowds].map(plainName))];
  const texts = [
    caption,
    ...regions.flatMap(({ label, description, attributes = [] }) => [label, description, ...attributes]),
  ];
  return {
    sample,
    objects,
    byName,
    isExhaustive:
      sample.incomplete !== 'all' &&
      regions.length > 0 &&
      regions.every(({ source, provenance }) => EXHAUSTIVE.has(source) && !provenance),
    isIncomplete: (name) =>
      incomplete === 'all' ||
      leftOut.some((label) => mayMean(label, name)) ||
      // A label may be wider than the names of its regions (`people`: man, girl).
      (byName.get(name) ?? []).some(({ region }) => leftOut.includes(plainName(region.label))),
    said: ` ${texts
      .join(' ')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')} `,
  };
}

/** Whether a thing is too small to be asked about. */
export function isSmall({ region }: PhotoObject): boolean {
  return boxArea(region.box) < SMALL;
}

/** Whether two things of one name may be one, annotated twice. */
export function hasTwin(objects: readonly PhotoObject[]): boolean {
  return objects.some((a, i) =>
    objects.some((b, j) => j > i && iou(a.region.box, b.region.box) >= SAME_THING),
  );
}

/** Why the things of a name can't be told from each other or counted; undefined where they can. */
export function uncountable(
  facts: PhotoFacts,
  name: string,
  objects: readonly PhotoObject[],
): 'ambiguous' | 'crowd' | 'plural' | 'twins' | undefined {
  if (namesSeveral(name)) return 'plural';
  if (facts.isIncomplete(name)) return 'crowd';
  // "two phones" beside an office phone are three.
  if (thingsCalled(facts, name).length > objects.length) return 'ambiguous';
  return hasTwin(objects) ? 'twins' : undefined;
}

/** Why a thing can't be named `the dog`; undefined where it can. */
export function unnameable(
  facts: PhotoFacts,
  object: PhotoObject,
): 'ambiguous' | 'crowd' | 'plural' | 'small' | undefined {
  const { name } = object;
  if (namesSeveral(name)) return 'plural';
  if (facts.isIncomplete(name)) return 'crowd';
  if (thingsCalled(facts, name).some((other) => other !== object)) return 'ambiguous';
  return isSmall(object) ? 'small' : undefined;
}

/** The things that a name may mean. */
export function thingsCalled({ objects }: PhotoFacts, name: string): readonly PhotoObject[] {
  return objects.filter((object) => mayMean(object.name, name));
}

/**
 * Whether what has one name may be called by another: the same, one that it ends in (an office phone is a phone),
 * and one of which it speaks of several (`two phones`).
 */
function mayMean(own: string, name: string): boolean {
  if (` ${own}`.endsWith(` ${name}`)) return true;
  if (!namesSeveral(own)) return false;
  return new RegExp(`(?:^| )${name.replace(/[^\p{L}\p{N} ]/gu, '.')}e?s$`, 'u').test(own);
}

/** Words that a name has none of: articles aside, they join a thing to another or count it. */
const JOINING =
  /\b(?:in|on|of|with|at|by|for|to|near|behind|under|and|or|that|who|is|are|two|three|four|five|several|some|many|his|her|their|its)\b/;

/** By what name a region is known; undefined where its text is a phrase about more than one thing. */
function nameOf({ id, label, description, source, provenance }: Region): string | undefined {
  if (provenance !== undefined) return undefined;
  // Phrases of Visual Genome are sentences as often as not, and its objects have boxes of their own.
  if (source === 'visual-genome' && id.startsWith('region-')) return undefined;
  // The label of a chain is its type (`people`), the name is in its phrase.
  const isPhrase = source === 'flickr30k-entities';
  const text = plainName(isPhrase ? description : label);
  const words = text.split(' ');
  if (text === '' || words.length > 3 || JOINING.test(text) || !/^[\p{L}\p{N}' -]+$/u.test(text))
    return undefined;
  if (!isPhrase) return text;
  const name = words.filter((word) => photoAttributeOf(word) === undefined).join(' ');
  return name === '' ? undefined : name;
}

/** A name in lower case, without article and needless blanks. */
function plainName(text: string): string {
  return text
    .toLowerCase()
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(?:an?|the|one) /, '');
}
