import { boxArea, intersectionArea } from '../box.js';
import type { Region, RegionSample } from '../records.js';
import { createRandom, type Random } from '../scenes/random.js';
import { withArticle } from '../with-article.js';
import { contraryValues, type PhotoAttribute } from './photo-attributes.js';
import { photoFacts, type PhotoFacts, type PhotoObject, thingsCalled } from './photo-facts.js';
import { isNowhere } from './photo-graph.js';
import { namesSeveral, pluralOf } from '../plural.js';
import { OPPOSITE_SIDES, type Side, SIDE_PHRASES, sideOf } from './sides.js';

/** A text that is true of an image's regions, and one that differs from it in one thing and is false. */
export interface PhotoNegative {
  readonly kind: 'object' | 'attribute' | 'relation' | 'swap';
  /** Ids of the regions that both are about. */
  readonly regions: readonly string[];
  readonly text: string;
  readonly negative: string;
}

/** Options of {@link photoNegatives}. */
export interface PhotoNegativesOptions {
  /**
   * Names that may stand in for a region's own beside those of the image, such as all of the data set
   * (`photoNames`). Default none.
   */
  readonly names?: readonly string[];
  /** Most negatives of each kind of a text. Default 2. */
  readonly count?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Regions that share this much of the smaller one may show the same thing. */
const SHARED = 0.2;

/**
 * Hard negatives of an annotated photo: of a region's description by object and attribute, and of two
 * regions' texts by relation and swap.
 *
 * What makes each one false is checked against the image's own annotation:
 *
 * - `object`: another name in its place. No region that shares 20 % with this one has that name, nor was one
 *   of it left out (`incomplete`), and where the annotation is not exhaustive no text of the image has it at
 *   all. Names within each other (`phone`, `office phone`) are not exchanged.
 * - `attribute`: a value that excludes the one said (`gray` and `silver` do not). Neither this region, nor
 *   one that shares 20 % with it, nor any text of the image (`blue car`) says it.
 * - `relation`: `a dog to the left of a car` against `to the right of`. The boxes of no dog and no car (nor of
 *   a police car) have that side, nor may they be taken to (`isOnSide`).
 * - `swap`: two attributes exchanged (`a blue car to the left of a red bus`), checked as attributes are, of every
 *   car or every bus; without attributes the names, checked as a relation.
 *
 * Nothing is asked of the world outside the annotation: an object that no annotator named may
 * still be there (Visual Genome), and it is for that that texts are looked at. The same sample,
 * options and seed give the same.
 *
 * Source: HACL and FG-CLIP train against such texts.
 *
 * @example
 * ```ts
 * import { photoNegatives } from '@fgam/data';
 * const region = { source: 'coco' };
 * const regions = [
 *   { ...region, id: '1', label: 'dog', description: 'a brown dog', box: { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 } },
 *   { ...region, id: '2', label: 'car', description: 'a car', box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 } },
 * ];
 * const found = photoNegatives({ id: 'a', image: 'a.jpg', width: 640, height: 480, regions });
 * const relation = found.find(({ kind }) => kind === 'relation');
 * if (relation?.negative.includes('to the left of') === relation?.text.includes('to the left of')) throw new Error();
 * ```
 */
export function photoNegatives(sample: RegionSample, options: PhotoNegativesOptions = {}): PhotoNegative[] {
  const facts = photoFacts(sample);
  return [...singleNegatives(facts, options), ...pairNegatives(facts)];
}

/** Those of one region each, by object and by attribute: what a region is trained against. */
export function singleNegatives(facts: PhotoFacts, options: PhotoNegativesOptions): PhotoNegative[] {
  const { seed = 0, count = 2, names = [] } = options;
  const { sample } = facts;
  const random = createRandom(`photo-negatives/${seed}/${sample.id}`);
  // Those that the image shows elsewhere are the hardest.
  const present = random.shuffle([...facts.byName.keys()]);
  const absent = random.shuffle(names.filter((name) => !facts.byName.has(name)));
  return facts.objects.flatMap((object) => [
    ...objectNegatives(facts, object, {
      names: [...turned(present, random), ...turned(absent, random)],
      count,
    }),
    ...attributeNegatives(facts, object, { random, count }),
  ]);
}

/** The description, where it begins with what the thing is; else its name. */
function textOf({ region, name }: PhotoObject): string {
  const description = region.description.trim();
  return ` ${description.toLowerCase()} `.includes(` ${name} `) ? description : withArticle(name);
}

function objectNegatives(
  facts: PhotoFacts,
  object: PhotoObject,
  { names, count }: { readonly names: readonly string[]; readonly count: number },
): PhotoNegative[] {
  const { region, name } = object;
  const text = textOf(object);
  const near = wordsOf(overlapping(facts, region).flatMap(({ label, description }) => [label, description]));
  const own = wordsOf([text]);
  const isTrue = (other: string) =>
    speaksOf(near, other) ||
    facts.isIncomplete(other) ||
    (!facts.isExhaustive && speaksOf(facts.said, other));
  const found: PhotoNegative[] = [];
  for (const other of names) {
    if (found.length === count) break;
    const isApart = !` ${other} `.includes(` ${name} `) && !` ${name} `.includes(` ${other} `);
    if (!isApart || namesSeveral(other) !== namesSeveral(name) || speaksOf(own, other) || isTrue(other))
      continue;
    found.push({ kind: 'object', regions: [region.id], text, negative: replaceWord(text, name, other) });
  }
  return found;
}

/** The same items in the same order, from another one on. */
function turned<Item>(items: readonly Item[], random: Random): Item[] {
  const at = items.length === 0 ? 0 : random.int(0, items.length - 1);
  return [...items.slice(at), ...items.slice(0, at)];
}

function attributeNegatives(
  facts: PhotoFacts,
  object: PhotoObject,
  { random, count }: { readonly random: Random; readonly count: number },
): PhotoNegative[] {
  const text = textOf(object);
  return [...object.attributes].flatMap(([attribute, values]) => {
    const [value] = values;
    if (value === undefined || values.length > 1 || !speaksOf(wordsOf([text]), value)) return [];
    return random
      .shuffle(falseValues(facts, object, attribute))
      .slice(0, count)
      .map(
        (other): PhotoNegative => ({
          kind: 'attribute',
          regions: [object.region.id],
          text,
          negative: replaceWord(text, value, other),
        }),
      );
  });
}

/** Values of an attribute that nothing says of a thing. */
function falseValues(
  facts: PhotoFacts,
  { region, name, attributes }: PhotoObject,
  attribute: PhotoAttribute,
): string[] {
  const near = wordsOf(
    overlapping(facts, region).flatMap(({ label, description, attributes: more = [] }) => [
      label,
      description,
      ...more,
    ]),
  );
  const values = contraryValues(attribute, attributes.get(attribute) ?? []);
  return values.filter((value) => !speaksOf(near, value) && !speaksOf(facts.said, `${value} ${name}`));
}

/**
 * `a dog to the left of a car`, with the side or the two things exchanged; each text once,
 * whichever pairs it is true of.
 */
function pairNegatives(facts: PhotoFacts): PhotoNegative[] {
  const { objects, sample } = facts;
  const seen = new Set<string>();
  const shown = objects.filter(({ name }) => !namesSeveral(name) && !facts.isIncomplete(name));
  return shown.flatMap((a) =>
    shown.flatMap((b): PhotoNegative[] => {
      const side = a.name === b.name ? 'margin' : sideOf(a, b, sample);
      if (side === 'overlap' || side === 'margin') return [];
      const regions = [a.region.id, b.region.id];
      const [textA, textB] = [plainText(a), plainText(b)];
      const said = (first: string, of: Side, second: string) => `${first} ${SIDE_PHRASES[of]} ${second}`;
      const text = said(textA, side, textB);
      if (seen.has(text)) return [];
      seen.add(text);
      const opposite = OPPOSITE_SIDES[side];
      const isOppositeFalse = isNowhere(facts, { subject: a.name, side: opposite, object: b.name });
      const swapped = swappedAttributes(facts, a, b);
      return [
        ...(isOppositeFalse
          ? [{ kind: 'relation', regions, text, negative: said(textA, opposite, textB) } as const]
          : []),
        ...(swapped
          ? [{ kind: 'swap', regions, text, negative: said(swapped[0], side, swapped[1]) } as const]
          : // The car to the left of the dog: as much as the dog to the right of the car.
            isOppositeFalse
            ? [{ kind: 'swap', regions, text, negative: said(textB, side, textA) } as const]
            : []),
      ];
    }),
  );
}

/** A thing with the one value of its first attribute: `a red car`. */
function plainText({ name, attributes }: PhotoObject): string {
  const [value] = [...attributes.values()].flatMap((values) => (values.length === 1 ? values : []));
  return withArticle(value === undefined ? name : `${value} ${name}`);
}

/** Two things with each other's value of one attribute, known to be false of all that one of the names may mean. */
function swappedAttributes(
  facts: PhotoFacts,
  a: PhotoObject,
  b: PhotoObject,
): readonly [string, string] | undefined {
  const isFalse = (name: string, attribute: PhotoAttribute, value: string) =>
    thingsCalled(facts, name).every(
      (object) => object.attributes.has(attribute) && falseValues(facts, object, attribute).includes(value),
    );
  for (const [attribute, [value, ...more]] of a.attributes) {
    const [other, ...others] = b.attributes.get(attribute) ?? [];
    if (value === undefined || other === undefined || more.length > 0 || others.length > 0) continue;
    const [textA, textB] = [plainText(a), plainText(b)];
    if (!speaksOf(wordsOf([textA]), value) || !speaksOf(wordsOf([textB]), other)) continue;
    // One false half is enough for the whole to be false.
    if (isFalse(a.name, attribute, other) || isFalse(b.name, attribute, value))
      return [replaceWord(textA, value, other), replaceWord(textB, other, value)];
  }
  return undefined;
}

/** Other regions that may show some of the same thing, and the region itself. */
function overlapping({ sample }: PhotoFacts, region: Region): Region[] {
  return sample.regions.filter(
    (other) =>
      intersectionArea(other.box, region.box) >= SHARED * Math.min(boxArea(other.box), boxArea(region.box)),
  );
}

/** The words of texts in lower case, a blank around each. */
function wordsOf(texts: readonly string[]): string {
  return ` ${texts
    .join(' , ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')} `;
}

/** Whether words (`wordsOf`) have a name in the singular or the plural. */
function speaksOf(words: string, name: string): boolean {
  return words.includes(` ${name} `) || words.includes(` ${pluralOf(name)} `);
}

/** A text with one word for another, and the article before it as the new one asks. */
function replaceWord(text: string, word: string, other: string): string {
  const at = text
    .toLowerCase()
    .search(new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(word)}(?![\\p{L}\\p{N}])`, 'u'));
  if (at < 0) return text;
  const before = text.slice(0, at);
  const after = text.slice(at + word.length);
  const article = /(^|\s)(an?) $/i.exec(before);
  if (!article) return `${before}${other}${after}`;
  const [wanted] = withArticle(`${other}${after}`).split(' ');
  const fits = wanted === 'a' || wanted === 'an' ? wanted : 'a';
  const cased = /^A/.test(article[2] ?? '') ? fits.replace('a', 'A') : fits;
  return `${before.slice(0, -1 - (article[2] ?? '').length)}${cased} ${other}${after}`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
