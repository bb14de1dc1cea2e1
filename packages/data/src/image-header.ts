import sharp from 'sharp';
import { FgamError } from './error.js';
import { maxImagePixels } from './image-limit.js';
import type { ImageSize, ImageSource } from './records.js';

/** File extensions of the images that are taken from folders and tars. */
export const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'avif'] as const;

const EXTENSION_OF: Readonly<Record<string, string>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  heif: 'avif',
};

/**
 * Size of an image as it is shown (EXIF orientation applied; the first frame) and the extension of its
 * format, whatever its name says.
 *
 * @throws FgamError `data/bad-image`, also for formats other than JPEG, PNG, WebP, GIF and AVIF (an
 * SVG may name other files)
 */
export async function readImageHeader(
  image: ImageSource,
): Promise<ImageSize & { readonly extension: string }> {
  const name = typeof image === 'string' ? image : `${image.byteLength} bytes`;
  let said: string;
  let cause: unknown;
  try {
    const { autoOrient, format } = await sharp(image, {
      failOn: 'error',
      limitInputPixels: maxImagePixels(),
    }).metadata();
    const extension = EXTENSION_OF[format];
    if (extension !== undefined) return { width: autoOrient.width, height: autoOrient.height, extension };
    said = format;
  } catch (error) {
    said = error instanceof Error ? error.message : String(error);
    cause = error;
  }
  throw new FgamError(
    'data/bad-image',
    `readImageHeader: expected a JPEG, PNG, WebP, GIF or AVIF image, got ${name}: ${said}`,
    { cause },
  );
}
