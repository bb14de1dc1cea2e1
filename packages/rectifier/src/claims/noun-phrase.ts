import type { Ontology } from './ontology.js';

/** An object in words, cut into its noun and its attributes. */
export interface NounPhrase {
  /** `circle`; words that the ontology does not know stay here: `fire hydrant`. */
  readonly noun: string;
  /** Values by attribute: `{ colour: 'red' }`. */
  readonly attributes: Readonly<Record<string, string>>;
}

const ARTICLE = /^(?:a|an|the|any|some)\s+/i;

/**
 * Reads `a small striped red circle`: known attribute values are taken out, the rest is the noun. The last
 * word is a noun if no other is: `an orange` is a thing.
 *
 * @example
 * ```ts
 * import { parseNounPhrase, SCENE_ONTOLOGY } from '@fgam/rectifier';
 *
 * const { noun, attributes } = parseNounPhrase('a small striped red circle', SCENE_ONTOLOGY);
 * if (noun !== 'circle' || attributes.size !== 'small' || attributes.colour !== 'red') throw new Error(noun);
 * // Words that the ontology does not know stay in the noun.
 * const hydrant = parseNounPhrase('the red fire hydrant', SCENE_ONTOLOGY);
 * if (hydrant.noun !== 'fire hydrant' || hydrant.attributes.colour !== 'red') throw new Error(hydrant.noun);
 * ```
 */
export function parseNounPhrase(text: string, ontology: Ontology): NounPhrase {
  const attributes: Record<string, string> = {};
  const rest: string[] = [];
  const words = plainText(text).replace(ARTICLE, '').split(' ');
  for (const [at, word] of words.entries()) {
    const name = Object.keys(ontology.attributes).find(
      (attribute) => !(attribute in attributes) && ontology.attributes[attribute]?.includes(word),
    );
    const isNoun = at === words.length - 1 && rest.length === 0;
    if (name && !isNoun) attributes[name] = word;
    else rest.push(word);
  }
  return { noun: rest.join(' '), attributes };
}

/**
 * The phrase in words, without an article: attributes in the ontology's order, unsaid values left out.
 *
 * @example
 * ```ts
 * import { formatNounPhrase, SCENE_ONTOLOGY } from '@fgam/rectifier';
 *
 * const attributes = { colour: 'red', texture: 'plain', size: 'small' };
 * const words = formatNounPhrase({ noun: 'circle', attributes }, SCENE_ONTOLOGY);
 * // That a thing is plain is not said.
 * if (words !== 'small red circle') throw new Error(words);
 * ```
 */
export function formatNounPhrase({ noun, attributes }: NounPhrase, ontology: Ontology): string {
  const words = Object.keys(ontology.attributes).map((name) =>
    attributes[name] === ontology.unsaid[name] ? undefined : attributes[name],
  );
  return [...words, noun].filter(Boolean).join(' ');
}

/**
 * Lower case, single blanks, punctuation cut off and put apart.
 *
 * @example
 * ```ts
 * import { plainText } from '@fgam/rectifier';
 *
 * if (plainText('A red  circle, yes.') !== 'a red circle , yes .') throw new Error('not plain');
 * ```
 */
export function plainText(text: string): string {
  return text
    .toLowerCase()
    .replace(/([?!,;:]|\.(?!\d))/g, ' $1 ')
    .trim()
    .split(/\s+/)
    .join(' ');
}
