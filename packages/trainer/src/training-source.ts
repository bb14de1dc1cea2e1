import type { ConversationSegment, ImageSource, RegionSample } from '@fgam/data';

/** One image to learn from. */
export interface TrainingExample {
  /** Path of the image, or its encoded bytes. A path is decoded once, bytes each time. */
  readonly image: ImageSource;
  /** Prompts and answers about it. */
  readonly segments?: readonly ConversationSegment[];
  /** Regions, caption and size, where regions or captions are contrasted. */
  readonly sample?: RegionSample;
  /** Captions that name what the image does not show, for HACL: some are drawn at each visit. */
  readonly wrongCaptions?: readonly string[];
}

/**
 * Examples of one form. Sources take turns: of every n updates, n the sum of all `turns`, one gets its `turns`
 * in a row.
 */
export interface TrainingSource {
  readonly name: string;
  readonly examples: readonly TrainingExample[];
  /** Updates of each round that draw from it, an integer from 1. Default 1. */
  readonly turns?: number;
  /** Tokens of a row; segments beyond are left out of it. Default: no text. */
  readonly length?: number;
  /** Tokens that no segment crosses a multiple of; shorter blocks make attention cheaper. Default: `length`. */
  readonly blockLength?: number;
  /**
   * Whether its rows have their images before them; texts alone teach the language model alone (the gradient
   * of other weights is 0 then). Default: as the step's `readsImages`.
   */
  readonly readsImages?: boolean;
}
