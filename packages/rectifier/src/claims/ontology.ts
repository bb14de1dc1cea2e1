import { COLOURS, SHAPES, SIZES, TEXTURES } from '@fgam/data';

/** The words by which claims are read: what can be said of an object, and which objects there are. */
export interface Ontology {
  /** Values of each attribute by its name, as questions name it: `what colour is ...`. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Names of objects, without attributes. */
  readonly nouns: readonly string[];
  /** Values that descriptions leave out, by attribute: an object that is not said to be striped is plain. */
  readonly unsaid: Readonly<Record<string, string>>;
}

/** The values of an attribute by the name that a question has for it; undefined where the ontology does not have it. */
export function valuesOf(ontology: Ontology, attribute: string): readonly string[] | undefined {
  // `what constructor is the circle ?` is asked as well.
  return Object.hasOwn(ontology.attributes, attribute) ? ontology.attributes[attribute] : undefined;
}

/** The ontology of embedded scenes. Its textures are those that scenes have by default. */
export const SCENE_ONTOLOGY: Ontology = {
  attributes: { size: SIZES, texture: TEXTURES.filter((texture) => texture !== 'dotted'), colour: COLOURS },
  nouns: SHAPES,
  unsaid: { texture: 'plain' },
};
