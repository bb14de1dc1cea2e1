import type { PrefixCache } from './key-value-cache.js';
import type { Sequence } from './sequence.js';
import type { VisualTokens } from './spliced-prompt.js';

/** A prompt as the decoder reads it: the one thing in which architectures differ. */
export interface DecodingPrompt {
  /** Its tokens, one a place of the cache; the image token where a visual token stands. */
  readonly ids: readonly number[];
  /** Visual tokens that take the places of image tokens, image by image. */
  readonly visual: readonly VisualTokens[];
  /**
   * What stands at each place, the same numbers for the same images and tokens alone: prompts that begin with
   * the same ones begin with the same keys and values.
   */
  readonly units: readonly number[];
  /** Keys and values of the first places, where they are made otherwise than by reading tokens. Default: none. */
  readonly prefix?: RowPrefix | undefined;
}

/** The beginning of a row of the cache. */
export interface RowPrefix {
  readonly tensors: PrefixCache;
  readonly length: number;
}

/** A request on its way. */
export interface DecodingRow extends DecodingPrompt {
  readonly sequence: Sequence;
  /** Tokens that probably follow the prompt; at most as many as may be said before the last. */
  readonly draft: readonly number[];
  /** Tokens that probably come after those said, in place of a draft that is taken up again. Default: none. */
  readonly guess?: ((said: readonly number[]) => readonly number[]) | undefined;
}
