import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Detection, Detector, ImageSource } from '@fgam/data';
import { z } from 'zod';
import { cacheKey, createJsonCache } from '../json-cache.js';

const fraction = z.number();

const detectionsSchema = z.array(
  z.object({
    box: z.object({ x0: fraction, y0: fraction, x1: fraction, y1: fraction }),
    label: z.string(),
    score: z.number(),
  }),
) satisfies z.ZodType<Detection[]>;

/** Counted up with every change of how a model's output becomes detections. */
const VERSION = 1;

/**
 * A detector's `detect` that remembers what it found, image by image.
 *
 * @param detect - asked for what is not known; of several requests, in one call
 * @param folder - of the cache
 * @param madeBy - all that detections of these phrases depend on, beside the image's bytes
 */
export function cachedDetect(
  detect: Detector['detect'],
  folder: string,
  madeBy: (phrases: readonly string[]) => object,
): Detector['detect'] {
  const cache = createJsonCache('createGroundingDino', folder, detectionsSchema);
  return async (requests, options) => {
    options?.signal?.throwIfAborted();
    const found: (readonly Detection[] | undefined)[] = [];
    const unknown = [];
    for (const [place, request] of requests.entries()) {
      const { image, phrases } = request;
      const sha256 = await imageSha256(image);
      const key = sha256 && cacheKey('fgam-detector', { VERSION, sha256, phrases, ...madeBy(phrases) });
      found[place] = key === undefined ? undefined : await cache.read(key);
      if (found[place] === undefined) unknown.push({ place, key, request });
    }
    if (unknown.length > 0) {
      const asked = await detect(
        unknown.map(({ request }) => request),
        options,
      );
      for (const [i, { place, key }] of unknown.entries()) {
        found[place] = asked[i] ?? [];
        if (key !== undefined) await cache.write(key, [...(asked[i] ?? [])]);
      }
    }
    return found.map((detections) => detections ?? []);
  };
}

/** Undefined where there is no such file: what it means is the detector's to say. */
async function imageSha256(image: ImageSource): Promise<string | undefined> {
  try {
    const bytes = typeof image === 'string' ? await readFile(image) : image;
    return createHash('sha256').update(bytes).digest('hex');
  } catch {
    return undefined;
  }
}
