import type { QuestionContext } from '@fgam/data';

/** Whether a context, with the one image beside it, has as many images as its turns say they brought. */
export function hasAllImages({ turns, images }: QuestionContext): boolean {
  return turns.reduce((sum, turn) => sum + (turn.images ?? 0), 0) <= images.length + 1;
}
