import { readFile } from 'node:fs/promises';
import { FgamError, type ImageSource, type PixelImage } from '@fgam/data';
import sharp from 'sharp';

/**
 * Decodes an image as `load_image` of transformers does: EXIF orientation applied, alpha left away, grey as RGB.
 *
 * @throws FgamError `data/bad-image`
 */
export async function decodeImage(image: ImageSource): Promise<PixelImage> {
  try {
    const bytes = typeof image === 'string' ? await readFile(image) : image;
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== 3) throw new Error(`decoded to ${channels} channels instead of 3`);
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, channels };
  } catch (cause) {
    const name = typeof image === 'string' ? image : `${image.byteLength} bytes of image data`;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError('data/bad-image', `decodeImage: expected a whole image, got ${name}: ${said}`, {
      cause,
    });
  }
}
