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

/** The ontology of embedded scenes. Its textures are those that scenes have by default. */
export const SCENE_ONTOLOGY: Ontology = {
  attributes: { size: SIZES, texture: TEXTURES.filter((texture) => texture !== 'dotted'), colour: COLOURS },
  nouns: SHAPES,
  unsaid: { texture: 'plain' },
};
