import sharp from 'sharp';
import type { DecodedImage } from './decoded-image.js';

/** Filters by Pillow's numbers, as `resample` of a processor's config has them. */
export const PILLOW_FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

/** Resizes an image to a width and height. */
export async function resizeImage(
  image: DecodedImage,
  size: { readonly width: number; readonly height: number; readonly filter: (typeof PILLOW_FILTERS)[number] },
): Promise<DecodedImage> {
  const { width, height, filter } = size;
  if (width === image.width && height === image.height) return image;
  const kernels = {
    nearest: 'nearest',
    lanczos: 'lanczos3',
    bilinear: 'linear',
    bicubic: 'cubic',
    box: 'linear',
    hamming: 'linear',
  } as const;
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const data = await sharp(image.data, { raw })
    .resize(width, height, { fit: 'fill', kernel: kernels[filter] })
    .raw()
    .toBuffer();
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height, channels: 3 };
}
