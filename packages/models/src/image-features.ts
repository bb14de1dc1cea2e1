import { imageKey, type ImageSource } from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { batchSizeFor } from './batch-size.js';

/** Options of {@link createImageFeatures}. */
export interface ImageFeaturesOptions<Pixels, Feature> {
  /** Decodes one image. */
  readonly read: (image: ImageSource) => Promise<Pixels>;
  /** Computes the features of a batch; what comes after the first `count` is padding. */
  readonly compute: (pixels: readonly Pixels[], count: number) => Promise<readonly Feature[]>;
  /** Bytes that a feature takes. */
  readonly sizeOf: (feature: Feature) => number;
  /** Bytes of features kept; the least recently used go first. */
  readonly maxBytes: number;
  /** Images decoded and computed at once. */
  readonly maxBatch: number;
}

/** Features of images, computed once for each distinct image and kept while there is room. */
export interface ImageFeatures<Feature> {
  /** Features of some images, in their order. @throws the image reader's FgamError */
  of(images: readonly ImageSource[], signal?: AbortSignal): Promise<readonly Feature[]>;
}

/** A bounded store of what a model computes from an image alone. */
export function createImageFeatures<Pixels, Feature extends object>(
  options: ImageFeaturesOptions<Pixels, Feature>,
): ImageFeatures<Feature> {
  const { read, compute, sizeOf, maxBytes, maxBatch } = options;
  const kept = new LRUCache<string, Feature>({
    // lru-cache takes 0 for no limit.
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: (feature) => Math.max(1, sizeOf(feature)),
  });
  return {
    async of(images, signal) {
      const keys = await Promise.all(images.map((image) => imageKey(image)));
      const features = new Map<string, Feature>();
      const missing = new Map<string, ImageSource>();
      for (const [i, key] of keys.entries()) {
        const feature = features.get(key) ?? kept.get(key);
        if (feature === undefined) missing.set(key, images[i] as ImageSource);
        else features.set(key, feature);
      }
      const todo = [...missing];
      for (let start = 0; start < todo.length; start += maxBatch) {
        signal?.throwIfAborted();
        const chunk = todo.slice(start, start + maxBatch);
        const pixels = await Promise.all(chunk.map(([, image]) => read(image)));
        const padded = Array.from(
          { length: batchSizeFor(chunk.length, maxBatch) },
          (_, i) => (i < pixels.length ? pixels[i] : pixels[0]) as Pixels,
        );
        const batch = await compute(padded, chunk.length);
        for (const [i, [key]] of chunk.entries()) {
          const feature = batch[i] as Feature;
          features.set(key, feature);
          kept.set(key, feature);
        }
      }
      return keys.map((key) => features.get(key) as Feature);
    },
  };
}
