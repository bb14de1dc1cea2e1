import { FgamError } from './error.js';
import { mapBounded } from './map-bounded.js';
import { loadPixels } from './pixels.js';
import type { ImageSource } from './records.js';

/** Options of `PixelCache`. */
export interface PixelCacheOptions {
  /** Side of the decoded squares in pixels. */
  readonly size: number;
  /** Bytes of pixels that are kept; the least recently used go first. Default 512 MiB (43,000 images of 64 x 64). */
  readonly maxBytes?: number;
  /** Images decoded at once. Default 8. */
  readonly concurrency?: number;
}

/**
 * Decoded images by path, uint8 `[size, size, 3]`, bounded by bytes. Images given as bytes are decoded each time.
 *
 * The arrays are shared: callers do not write into them.
 *
 * @example
 * ```ts
 * import { PixelCache } from '@fgam/data';
 * import sharp from 'sharp';
 * const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } }).png().toBuffer();
 * const cache = new PixelCache({ size: 4 });
 * const [pixels] = await cache.loadAll([png]);
 * if (pixels?.length !== 48) throw new Error('expected 4 x 4 x 3 bytes');
 * ```
 */
export class PixelCache {
  readonly size: number;
  readonly #limit: number;
  readonly #concurrency: number;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #loading = new Map<string, Promise<Uint8Array>>();

  constructor(options: PixelCacheOptions) {
    const { size, maxBytes = 512 * 2 ** 20, concurrency = 8 } = options;
    if (!Number.isInteger(size) || size < 1)
      throw new FgamError(
        'data/bad-config',
        `PixelCache: expected size to be a whole number >= 1, got ${size}`,
      );
    this.size = size;
    this.#limit = Math.floor(maxBytes / (size * size * 3));
    this.#concurrency = concurrency;
  }

  /** Images that are kept now. */
  get count(): number {
    return this.#kept.size;
  }

  /** The pixels of one image. @throws FgamError as `loadPixels` */
  async load(image: ImageSource): Promise<Uint8Array> {
    if (typeof image !== 'string') return loadPixels(image, this.size);
    const kept = this.#kept.get(image);
    if (kept) {
      this.#kept.delete(image);
      this.#kept.set(image, kept);
      return kept;
    }
    const loading = this.#loading.get(image);
    if (loading) return loading;
    const promise = loadPixels(image, this.size);
    this.#loading.set(image, promise);
    try {
      const pixels = await promise;
      this.#keep(image, pixels);
      return pixels;
    } finally {
      this.#loading.delete(image);
    }
  }

  /** The pixels of many images, in their order, decoded a few at a time. @throws FgamError as `loadPixels` */
  async loadAll(images: readonly ImageSource[]): Promise<Uint8Array[]> {
    return mapBounded(images, this.#concurrency, (image) => this.load(image));
  }

  /** Forgets every image. */
  clear(): void {
    this.#kept.clear();
  }

  #keep(image: string, pixels: Uint8Array): void {
    if (this.#limit < 1) return;
    this.#kept.set(image, pixels);
    if (this.#kept.size <= this.#limit) return;
    const oldest = this.#kept.keys().next();
    if (!oldest.done) this.#kept.delete(oldest.value);
  }
}
