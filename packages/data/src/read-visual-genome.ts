import type { RegionSample } from './records.js';
import {
  type ReadVisualGenomeOptions,
  streamVisualGenome,
  type VisualGenomeStream,
} from './stream-visual-genome.js';

/** What `readVisualGenome` found. */
export interface VisualGenomeData extends Pick<VisualGenomeStream, 'skipped' | 'otherPredicates'> {
  readonly samples: readonly RegionSample[];
}

/**
 * Reads Visual Genome: phrases of regions and named objects with boxes in pixels become `Region`s in image fractions.
 *
 * Region ids are `region-<region_id>` and `object-<object_id>`. An object's `attributes` are those of
 * `attributes.json`; what `relationships.json` says of two objects is in `relations` where it is one of
 * ours, else in `annotatedRelations`. Objects that were merged (`merged_object_ids`) are found by their
 * old ids. Both spellings of widths and of the image key are read. What is wrong with one record leaves it
 * out, counted and listed.
 *
 * Files of any size are read. All of Visual Genome is a result of several GB: use `streamVisualGenome`.
 *
 * @throws FgamError `data/bad-json` with position; `data/missing-file`; `data/empty` where no image is
 * left; `data/path-escape`; `data/too-many-skips`; `data/bad-config` where attributes or relationships
 * are given without objects
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readVisualGenome } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'vg-'));
 * const image = { image_id: 1, width: 100, height: 50, url: 'https://example.org/VG_100K/1.jpg', coco_id: null };
 * const region = { region_id: 5, x: 0, y: 0, width: 50, height: 50, phrase: 'a calf in the meadow' };
 * await writeFile(join(folder, 'image_data.json'), JSON.stringify([image]));
 * await writeFile(join(folder, 'regions.json'), JSON.stringify([{ id: 1, regions: [region] }]));
 * const { samples } = await readVisualGenome({
 *   imageData: join(folder, 'image_data.json'),
 *   regionDescriptions: join(folder, 'regions.json'),
 *   images: folder,
 *   check: 'none',
 * });
 * if (samples[0]?.regions[0]?.box.x1 !== 0.5) throw new Error(JSON.stringify(samples));
 * ```
 */
export async function readVisualGenome(options: ReadVisualGenomeOptions): Promise<VisualGenomeData> {
  const { samples, skipped, otherPredicates } = await streamVisualGenome(options);
  return { samples: [...samples], skipped, otherPredicates };
}
