import { isFgamError } from './error.js';
import { loadPixels, readImageSize } from './pixels.js';
import type { ImageSize } from './records.js';
import type { SkipReason } from './skips.js';

/**
 * How a reader looks at image files: `decode` reads each whole (finds truncated ones), `header` only its size, `none`
 * leaves them alone, even where they are missing.
 */
export type ImageCheck = 'decode' | 'header' | 'none';

/** Longest side that an image may have in pixels: JPEG's limit. */
export const MAX_IMAGE_SIDE = 65_535;

/** Why an image file is of no use. */
export interface ImageFault {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** The size of an image file, where its annotations tell none; or what is wrong with it. */
export async function lookAtImage(
  path: string,
  check: Exclude<ImageCheck, 'none'>,
): Promise<{ readonly size: ImageSize } | { readonly fault: ImageFault }> {
  try {
    const size = await readImageSize(path);
    if (check === 'decode') await loadPixels(path, 8);
    return { size };
  } catch (error) {
    if (!isFgamError(error)) throw error;
    const reason = error.code === 'data/missing-file' ? 'missing-image' : 'bad-image';
    return { fault: { reason, detail: error.message } };
  }
}

/** What is wrong with an image file, or undefined. Annotated and real size must agree, or the boxes lie. */
export async function findImageFault(
  path: string,
  size: ImageSize,
  check: ImageCheck,
): Promise<ImageFault | undefined> {
  if (check === 'none') return undefined;
  const header = await lookAtImage(path, 'header');
  if ('fault' in header) return header.fault;
  const { width, height } = header.size;
  if (width !== size.width || height !== size.height)
    return {
      reason: 'image-size',
      detail: `annotated as ${size.width} x ${size.height}, the file shows ${width} x ${height}`,
    };
  if (check === 'header') return undefined;
  const whole = await lookAtImage(path, 'decode');
  return 'fault' in whole ? whole.fault : undefined;
}
