import type { ImageSource } from './records.js';

/** A turn of a conversation before the question that is asked now. */
export interface EarlierTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
  /** How many images it brought. Left out: none. */
  readonly images?: number;
}

/** What of a conversation is there beside its last question and its last image. */
export interface QuestionContext<Image extends ImageSource = ImageSource> {
  /** The turns before the question's, the oldest first. */
  readonly turns: readonly EarlierTurn[];
  /**
   * All images of the conversation but the last, in their order. With the last they are those of `turns`,
   * turn by turn, then those that the question's own turn brought.
   */
  readonly images: readonly Image[];
}
