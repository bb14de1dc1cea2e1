import { isFgamError } from './error.js';
import { loadPixels, readImageSize } from './pixels.js';
import type { ImageSize } from './records.js';
import type { SkipReason } from './skips.js';

/**
 * How a reader looks at image files: `decode` reads each whole (finds truncated ones), `header` only its size, `none`
 * leaves them alone, even where they are missing.
 */
export type ImageCheck = 'decode' | 'header' | 'none';

/** What is wrong with an image file, or undefined. Annotated and real size must agree, or the boxes lie. */
export async function findImageFault(
  path: string,
  size: ImageSize,
  check: ImageCheck,
): Promise<{ readonly reason: SkipReason; readonly detail: string } | undefined> {
  if (check === 'none') return undefined;
  try {
    const real = await readImageSize(path);
    if (real.width !== size.width || real.height !== size.height)
      return {
        reason: 'image-size',
        detail: `annotated as ${size.width} x ${size.height}, the file shows ${real.width} x ${real.height}`,
      };
    if (check === 'decode') await loadPixels(path, 8);
    return undefined;
  } catch (error) {
    if (!isFgamError(error)) throw error;
    return {
      reason: error.code === 'data/missing-file' ? 'missing-image' : 'bad-image',
      detail: error.message,
    };
  }
}
