import { FgamError, isFgamError } from './error.js';
import { hashImage, type Hash64, type ImageHash } from './image-hash.js';
import { mapBounded } from './map-bounded.js';
import { nearHashes } from './near-hashes.js';
import type { RegionSample } from './records.js';
import type { Skip } from './skips.js';

/** Two samples that show one photo, and how that was found. */
export interface DuplicatePair {
  /** Ids; the first comes first among the samples. */
  readonly samples: readonly [string, string];
  /**
   * `file`: the same bytes; `pixels`: the same pixels in another file; `similar`: difference
   * hashes close to each other.
   */
  readonly evidence: 'file' | 'pixels' | 'similar';
  /** Bits in which the difference hashes differ, of 64; 0 for `file` and `pixels`. */
  readonly distance: number;
}

/** Samples that show one photo. */
export interface DuplicateGroup {
  /** At least two ids, in the order of the samples. */
  readonly ids: readonly string[];
  /** Pairs that join them; with `similar` the ends of a chain may differ by more than the limit. */
  readonly pairs: readonly DuplicatePair[];
}

/** Options of `findDuplicates`. */
export interface FindDuplicatesOptions {
  /**
   * Most bits, of 64, in which two difference hashes may differ, 0 to 15. `null` looks for
   * exact ones alone. Default 4.
   */
  readonly maxDistance?: number | null;
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What `findDuplicates` found. */
export interface DuplicateData {
  readonly groups: readonly DuplicateGroup[];
  /** Images that could not be compared. */
  readonly skipped: readonly Skip[];
}

/**
 * Finds samples that show the same photo: by SHA-256 of the file and of the decoded pixels, and by difference
 * hashes (9 x 8 grey values, 64 bits) of which at most `maxDistance` bits differ, as they do after another
 * size or compression. Crops and mirror images are not found; images with hardly any contrast are compared
 * exactly alone. Give the groups to `buildShards`.
 *
 * @param samples - of all splits and data sets together; about 300 bytes are held for each
 * @throws FgamError `data/bad-config`
 * @example
 * ```ts
 * import { copyFile, mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { findDuplicates, readImageFolder } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'twins-'));
 * await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).png().toFile(join(folder, 'a.png'));
 * await copyFile(join(folder, 'a.png'), join(folder, 'b.png'));
 * const { samples } = await readImageFolder({ folder });
 * const { groups } = await findDuplicates(samples);
 * if (groups[0]?.ids.join() !== 'a.png,b.png') throw new Error(JSON.stringify(groups));
 * ```
 */
export async function findDuplicates(
  samples: readonly RegionSample[],
  options: FindDuplicatesOptions = {},
): Promise<DuplicateData> {
  const { maxDistance = 4 } = options;
  if (maxDistance !== null && !(Number.isInteger(maxDistance) && maxDistance >= 0 && maxDistance < 16))
    throw new FgamError(
      'data/bad-config',
      `findDuplicates: expected maxDistance from 0 to 15, or null, got ${maxDistance}`,
    );
  const skipped: Skip[] = [];
  const ids = new Set<string>();
  const once = samples.filter(({ id }) => !ids.has(id) && ids.add(id));
  let done = 0;
  const hashes = await mapBounded(once, 4, async ({ image }): Promise<ImageHash | Error> => {
    options.signal?.throwIfAborted();
    try {
      return await hashImage(image);
    } catch (error) {
      if (!isFgamError(error)) throw error;
      return error;
    } finally {
      options.onProgress?.(++done, once.length);
    }
  });

  const groups = new Groups(once.map(({ id }) => id));
  const files = new Map<string, number>();
  const pixels = new Map<string, number>();
  const alike = new Map<string, number>();
  const places: number[] = [];
  const different: Hash64[] = [];
  for (const [place, hash] of hashes.entries()) {
    if (hash instanceof Error) {
      const { image, id } = once[place] as RegionSample;
      const missing = isFgamError(hash) && hash.code === 'data/missing-file';
      skipped.push({
        file: image,
        id,
        reason: missing ? 'missing-image' : 'bad-image',
        detail: hash.message,
      });
      continue;
    }
    const first = files.get(hash.file) ?? pixels.get(hash.pixels);
    if (first !== undefined) {
      groups.join(first, place, files.has(hash.file) ? 'file' : 'pixels', 0);
      files.set(hash.file, files.get(hash.file) ?? first);
      continue;
    }
    files.set(hash.file, place);
    pixels.set(hash.pixels, place);
    if (maxDistance === null || !hash.difference) continue;
    const key = hash.difference.join(' ');
    const twin = alike.get(key);
    if (twin !== undefined) {
      groups.join(twin, place, 'similar', 0);
      continue;
    }
    alike.set(key, place);
    places.push(place);
    different.push(hash.difference);
  }
  if (maxDistance !== null)
    for (const [a, b, distance] of nearHashes(different, maxDistance))
      groups.join(places[a] ?? 0, places[b] ?? 0, 'similar', distance);
  return { groups: groups.list(), skipped };
}

/** Disjoint sets of places, with the pairs that joined them. */
class Groups {
  readonly #ids: readonly string[];
  readonly #parents: number[];
  readonly #pairs: { readonly first: number; readonly pair: DuplicatePair }[] = [];

  constructor(ids: readonly string[]) {
    this.#ids = ids;
    this.#parents = ids.map((_, place) => place);
  }

  join(first: number, second: number, evidence: DuplicatePair['evidence'], distance: number): void {
    const samples = [this.#ids[first] ?? '', this.#ids[second] ?? ''] as const;
    this.#pairs.push({ first, pair: { samples, evidence, distance } });
    const [a, b] = [this.#root(first), this.#root(second)];
    this.#parents[Math.max(a, b)] = Math.min(a, b);
  }

  list(): DuplicateGroup[] {
    const found = new Map<number, { ids: string[]; pairs: DuplicatePair[] }>();
    for (const { first } of this.#pairs) found.set(this.#root(first), { ids: [], pairs: [] });
    for (const { first, pair } of this.#pairs) found.get(this.#root(first))?.pairs.push(pair);
    for (const [place, id] of this.#ids.entries()) found.get(this.#root(place))?.ids.push(id);
    return [...found].sort(([a], [b]) => a - b).map(([, group]) => group);
  }

  #root(place: number): number {
    let root = place;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    // Shorten the way for the next time.
    for (let at = place; at !== root; ) {
      const next = this.#parents[at] as number;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }
}
