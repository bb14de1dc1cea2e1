import type { HostTensor } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';

/**
 * What a model's vision side reads of one image: tensors by the names of its program's inputs,
 * each with a first axis of 1.
 */
export type PreparedImage = Readonly<Record<string, HostTensor>>;

/** Prepares images for a model, as its processor's config says. */
export interface ImageProcessor {
  /** @throws FgamError `data/bad-image`, `data/missing-file` */
  prepare(image: ImageSource): Promise<PreparedImage>;
  /** Text that is the same for images that may go through the program together. */
  shapeKey(prepared: PreparedImage): string;
}

/** The shapes of prepared tensors as one text. */
export function shapeKeyOf(prepared: PreparedImage): string {
  return Object.entries(prepared)
    .map(([name, { shape }]) => `${name}[${shape.join()}]`)
    .sort()
    .join(' ');
}
