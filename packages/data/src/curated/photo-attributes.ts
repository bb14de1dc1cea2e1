import type { SwapVocabulary } from '../hard-negatives.js';
import type { Region } from '../records.js';

/** Attributes of things in photos whose values exclude each other, by the word that questions use. */
export const PHOTO_ATTRIBUTES = {
  colour: [
    ...['black', 'white', 'red', 'green', 'blue', 'yellow', 'orange', 'purple', 'pink', 'brown', 'gray'],
    ...['grey', 'silver', 'gold', 'golden', 'beige', 'tan'],
  ],
  material: [
    ...['wooden', 'wood', 'metal', 'metallic', 'plastic', 'glass', 'brick', 'stone', 'leather', 'concrete'],
    ...['paper', 'cardboard', 'ceramic', 'marble', 'steel'],
  ],
  pattern: ['striped', 'plaid', 'checkered', 'dotted', 'spotted', 'floral', 'plain'],
} as const satisfies SwapVocabulary;

/** The name of such an attribute. */
export type PhotoAttribute = keyof typeof PHOTO_ATTRIBUTES;

/** Values that one thing may well be given in turn: none of them is wrong where another is right. */
const ALIKE: readonly (readonly string[])[] = [
  ['gray', 'grey', 'silver'],
  ['gold', 'golden', 'yellow', 'tan', 'beige'],
  ['brown', 'tan', 'beige'],
  ['pink', 'purple', 'red'],
  ['orange', 'red', 'yellow'],
  ['white', 'beige', 'silver'],
  ['wooden', 'wood'],
  ['metal', 'metallic', 'steel'],
  ['stone', 'brick', 'concrete', 'marble', 'ceramic'],
  ['paper', 'cardboard'],
  ['striped', 'plaid', 'checkered'],
  ['dotted', 'spotted'],
];

const ATTRIBUTE_NAMES = Object.keys(PHOTO_ATTRIBUTES) as readonly PhotoAttribute[];
const ATTRIBUTE_OF = new Map<string, PhotoAttribute>(
  ATTRIBUTE_NAMES.flatMap((name) =>
    PHOTO_ATTRIBUTES[name].map((value): [string, PhotoAttribute] => [value, name]),
  ),
);

/**
 * The attribute that a word is a value of, or undefined.
 *
 * @example
 * ```ts
 * import { photoAttributeOf } from '@fgam/data';
 * const attributes = ['red', 'wooden', 'striped', 'tall'].map(photoAttributeOf);
 * if (attributes.join() !== 'colour,material,pattern,') throw new Error(attributes.join());
 * ```
 */
export function photoAttributeOf(word: string): PhotoAttribute | undefined {
  return ATTRIBUTE_OF.get(word);
}

/**
 * The values of an attribute that are wrong where these are said: none of them, and none like them.
 *
 * @example
 * ```ts
 * import { contraryValues } from '@fgam/data';
 * // What one person calls striped may be plaid or checkered to the next: those are not wrong.
 * const wrong = contraryValues('pattern', ['striped']);
 * if (wrong.join() !== 'dotted,spotted,floral,plain') throw new Error(wrong.join());
 * ```
 */
export function contraryValues(attribute: PhotoAttribute, said: readonly string[]): string[] {
  return PHOTO_ATTRIBUTES[attribute].filter(
    (value) =>
      !said.includes(value) &&
      !ALIKE.some((group) => group.includes(value) && said.some((other) => group.includes(other))),
  );
}

/**
 * What a region's annotation says of it, by attribute: its `attributes`, and the words of its
 * description that stand before its name (`a small red car` says red; `a man in a red shirt` says
 * nothing of the man's colour).
 *
 * @param name - the name by which it is known, such as `car`
 */
export function attributesOf(region: Region, name: string): ReadonlyMap<PhotoAttribute, readonly string[]> {
  const description = ` ${region.description.toLowerCase().replace(/[^\p{L}\p{N}' -]/gu, ' ')} `;
  const at = description.indexOf(` ${name.toLowerCase()} `);
  const before = at < 0 ? [] : description.slice(0, at).split(/\s+/);
  // "a shirt with red cars": what stands before a word like this belongs to another thing.
  const isPlain = !before.some(
    (word) => /^(?:in|on|of|with|at|by|for|to|near|behind|under|and)$/.test(word) && word !== 'and',
  );
  const words = [
    ...(isPlain ? before : []),
    ...(region.attributes ?? []).map((text) => text.toLowerCase().trim()),
  ];
  const said = new Map<PhotoAttribute, string[]>();
  for (const word of words.flatMap((text) => text.split(/[\s,/]+/))) {
    const attribute = photoAttributeOf(word);
    if (attribute === undefined || ` ${name} `.includes(` ${word} `)) continue;
    const values = said.get(attribute) ?? [];
    if (!values.includes(word)) values.push(word);
    said.set(attribute, values);
  }
  return said;
}
