import type { RegionSample } from './records.js';
import { type CocoStream, type ReadCocoOptions, streamCoco } from './stream-coco.js';

/** What `readCoco` found. */
export interface CocoData extends Pick<CocoStream, 'skipped' | 'captions'> {
  readonly samples: readonly RegionSample[];
}

/**
 * Reads COCO annotations: boxes (`x, y, width, height` in pixels) become image fractions,
 * polygons too; run-length masks stay run lengths. A region's label is its category, its
 * description the same with an article.
 *
 * Crowd regions (`iscrowd` 1) have the source `coco-crowd` and are left out of pairs and batches
 * unless asked for. What is wrong with one record (its form, box, category, image, id) leaves that
 * record out, counted and listed, and its label is in the sample's `incomplete`; a box may reach one
 * pixel over the edge and is clipped.
 *
 * Files of any size are read. All of COCO with masks is a result of 1 GB: use `streamCoco`, or leave `masks` out.
 *
 * @throws FgamError `data/bad-json`, `data/missing-file`; `data/bad-record` where a file is of another
 * format; `data/empty` where no image is left; `data/path-escape` where a file name leads out of the
 * folder; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readCoco } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'coco-'));
 * await writeFile(join(folder, 'instances.json'), JSON.stringify({
 *   images: [{ id: 7, file_name: 'a.png', width: 100, height: 50 }],
 *   annotations: [{ id: 1, image_id: 7, category_id: 53, bbox: [10, 10, 40, 20], iscrowd: 0 }],
 *   categories: [{ id: 53, name: 'apple' }],
 * }));
 * const { samples } = await readCoco({ instances: join(folder, 'instances.json'), images: folder, check: 'none' });
 * const [region] = samples[0]?.regions ?? [];
 * if (region?.description !== 'an apple' || region.box.x1 !== 0.5) throw new Error(JSON.stringify(region));
 * ```
 */
export async function readCoco(options: ReadCocoOptions): Promise<CocoData> {
  const { samples, skipped, captions } = await streamCoco(options);
  return { samples: [...samples], skipped, captions };
}
