import { RELATION_PHRASES } from '../relation.js';

/** The shapes of scenes. */
export const SHAPES = ['circle', 'square', 'triangle', 'cross'] as const;
/** The colours of scenes. */
export const COLOURS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] as const;
/** The sizes of scenes' objects. */
export const SIZES = ['small', 'large'] as const;
/** The textures of scenes' objects; `plain` is not said in descriptions. */
export const TEXTURES = ['plain', 'striped', 'dotted'] as const;

/** A shape's name. */
export type Shape = (typeof SHAPES)[number];
/** A colour's name. */
export type Colour = (typeof COLOURS)[number];
/** A size's name. */
export type Size = (typeof SIZES)[number];
/** A texture's name. */
export type Texture = (typeof TEXTURES)[number];
/** What existence questions ask for, and COCO's category: colour and shape, such as `red circle`. */
export type Kind = `${Colour} ${Shape}`;

/** The 24 kinds, shape by shape. */
export const KINDS: readonly Kind[] = SHAPES.flatMap((shape) =>
  COLOURS.map((colour): Kind => `${colour} ${shape}`),
);

/** The number of bins an axis of the image has in location words. */
export const LOCATION_BINS = 32;

/**
 * The kind of a colour and a shape.
 *
 * @example
 * ```ts
 * import { KINDS, kindOf } from '@fgam/data';
 * const kind = kindOf('red', 'circle');
 * if (kind !== 'red circle' || !KINDS.includes(kind)) throw new Error(kind);
 * ```
 */
export function kindOf(colour: Colour, shape: Shape): Kind {
  return `${colour} ${shape}`;
}

/**
 * The kind that the biased training split puts beside a kind: another shape and another colour. Partners are mutual
 * (`partnerOf(partnerOf(k)) = k`) and fixed, so that a test split of any seed can ask for what training suggests.
 *
 * @example
 * ```ts
 * import { partnerOf } from '@fgam/data';
 * // The first of six colours goes with the last, the first of four shapes with the third.
 * const partner = partnerOf('red circle');
 * if (partner !== 'orange triangle') throw new Error(partner);
 * if (partnerOf(partner) !== 'red circle') throw new Error('expected partners to be mutual');
 * ```
 */
export function partnerOf(kind: Kind): Kind {
  const [colour, shape] = kind.split(' ') as [Colour, Shape];
  const partnerColour = COLOURS[COLOURS.length - 1 - COLOURS.indexOf(colour)];
  const partnerShape = SHAPES[(SHAPES.indexOf(shape) + 2) % SHAPES.length];
  return kindOf(partnerColour as Colour, partnerShape as Shape);
}

/**
 * COCO's category id of a kind: from 1, with gaps between the shapes, as COCO's own ids have gaps.
 *
 * @example
 * ```ts
 * import { categoryIdOf } from '@fgam/data';
 * // Six colours of circles, then two ids that nothing has.
 * const ids = [categoryIdOf('red circle'), categoryIdOf('orange circle'), categoryIdOf('red square')];
 * if (ids.join() !== '1,6,9') throw new Error(ids.join());
 * ```
 */
export function categoryIdOf(kind: Kind): number {
  const index = KINDS.indexOf(kind);
  return 1 + Math.floor(index / COLOURS.length) * 8 + (index % COLOURS.length);
}

/**
 * `a` or `an`, as the next word asks.
 * By the first letter: right for the words of scenes; `withArticle` is for all others.
 *
 * @example
 * ```ts
 * import { articleFor } from '@fgam/data';
 * const said = ['orange circle', 'red circle'].map((kind) => `${articleFor(kind)} ${kind}`);
 * if (said.join() !== 'an orange circle,a red circle') throw new Error(said.join());
 * ```
 */
export function articleFor(word: string): 'a' | 'an' {
  return /^[aeiou]/.test(word) ? 'an' : 'a';
}

/**
 * Every word of scenes' captions, descriptions, questions and answers, sorted: what a tokenizer for them must
 * know beside the location words (`<loc_0>` to `<loc_31>`), which tokenizers hold as special tokens.
 *
 * @example
 * ```ts
 * import { sceneWords } from '@fgam/data';
 * const words = new Set(sceneWords());
 * const question = 'is the small striped red circle left of the blue square ?';
 * const unknown = [...question.split(' '), 'dog', '<loc_0>'].filter((word) => !words.has(word));
 * if (unknown.join() !== 'dog,<loc_0>') throw new Error(unknown.join());
 * ```
 */
export function sceneWords(): string[] {
  const text = [
    ...SHAPES,
    ...COLOURS,
    ...SIZES,
    ...TEXTURES,
    ...Object.values(RELATION_PHRASES),
    'a an the at top bottom left right centre , . ? describe image is there yes no',
    'what which part in from nothing and size texture colour where how many shapes are shape nearest to of 0 1 2 3 4 5 6 7 8 9',
  ];
  return [...new Set(text.join(' ').split(' '))].sort();
}
