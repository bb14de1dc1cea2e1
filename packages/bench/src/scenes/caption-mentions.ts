import {
  COLOURS,
  kindOf,
  type Colour,
  type Kind,
  SHAPES,
  type Shape,
  type Size,
  SIZES,
  type Texture,
  TEXTURES,
} from '@fgam/data';
import { normaliseAnswer } from './parse-answer.js';

/** One object that a caption names, with what it says of it. */
export interface Mention {
  readonly kind: Kind;
  /** Undefined where the caption does not say. */
  readonly size: Size | undefined;
  /** `plain` where no texture is said, as in the scenes' own captions. */
  readonly texture: Texture;
  /** A cell of the 3 x 3 grid, such as `top left`. */
  readonly place: string | undefined;
}

const PLACE = '(?:top|bottom)(?: left| right)?|left|right|centre|center|middle';
const PATTERN = new RegExp(
  `(?:\\b(${SIZES.join('|')}) )?(?:\\b(${TEXTURES.join('|')}) )?\\b(${COLOURS.join('|')}) (${SHAPES.join('|')})s?\\b` +
    `(?: (?:is )?(?:at|in|on) (?:the )?(${PLACE})\\b)?`,
  'g',
);

/**
 * The objects that a text names in the scenes' vocabulary: `a small striped red circle at the top left , ...`.
 *
 * @example
 * ```ts
 * import { captionMentions } from '@fgam/bench';
 *
 * const caption = 'A small striped red circle at the top left, a blue square.';
 * const [circle, square, ...others] = captionMentions(caption);
 * if (circle?.kind !== 'red circle' || circle.size !== 'small') throw new Error(circle?.kind);
 * if (circle.texture !== 'striped' || circle.place !== 'top left') throw new Error(circle.place);
 * // What is not said: a texture is plain then.
 * if (square?.texture !== 'plain' || square.size !== undefined) throw new Error(square?.texture);
 * if (others.length > 0) throw new Error('two objects');
 * ```
 */
export function captionMentions(text: string): Mention[] {
  return [...normaliseAnswer(text).matchAll(PATTERN)].map(([, size, texture, colour, shape, place]) => ({
    kind: kindOf(colour as Colour, shape as Shape),
    size: size as Size | undefined,
    texture: (texture as Texture | undefined) ?? 'plain',
    place: place === 'center' || place === 'middle' ? 'centre' : place,
  }));
}
