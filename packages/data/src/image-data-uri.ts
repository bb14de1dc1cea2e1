import { badImage, readImageBytes } from './image-bytes.js';
import { imageUri } from './image-uri.js';
import type { ImageSource } from './records.js';

/**
 * An image as a data URI, its bytes as they are: what an HTTP endpoint takes where it can't read this machine's files.
 *
 * @throws FgamError `data/missing-file`; `data/bad-image` for bytes that are no PNG, JPEG, WebP or GIF,
 * whatever the file's name says
 * @example
 * ```ts
 * import { imageDataUri } from '@fgam/data';
 * import sharp from 'sharp';
 * const png = await sharp({ create: { width: 4, height: 3, channels: 3, background: '#fff' } }).png().toBuffer();
 * const uri = await imageDataUri(png);
 * if (!uri.startsWith('data:image/png;base64,')) throw new Error(uri);
 * ```
 */
export async function imageDataUri(image: ImageSource): Promise<string> {
  const bytes = await readImageBytes('imageDataUri', image);
  const uri = imageUri(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (uri === undefined) throw badImage('imageDataUri', image, new Error('it is no PNG, JPEG, WebP or GIF'));
  return uri;
}
