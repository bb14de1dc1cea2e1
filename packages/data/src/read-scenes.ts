import { join } from 'node:path';
import { iou } from './box.js';
import { FgamError } from './error.js';
import type { ImageCheck } from './image-file.js';
import { readCoco } from './read-coco.js';
import { readVisualGenome } from './read-visual-genome.js';
import type { Region, RegionSample } from './records.js';
import type { Skip } from './skips.js';

/** Boxes of one object in the two formats are the same but for rounding. */
const SAME_BOX = 0.99;

/**
 * Reads a scenes folder (as `writeScenes` writes it): captions, categories and masks from its COCO files,
 * descriptions and relations from its Visual Genome files, joined by id.
 *
 * @param folder - holds `images`, `annotations` and `visual_genome`
 * @param options - `check`: how image files are looked at, default `none`; `maxSkips`: default 0, as
 * generated files are whole
 * @throws FgamError as `readCoco` and `readVisualGenome`; `data/bad-record` where the two formats disagree
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readScenes, writeScenes } from '@fgam/data';
 * const folder = join(await mkdtemp(join(tmpdir(), 'scenes-')), 'train');
 * await writeScenes({ out: folder, count: 2, seed: 7, split: 'train' });
 * const { samples, skipped } = await readScenes(folder);
 * if (samples.length !== 2 || skipped.length > 0) throw new Error(`${samples.length} samples`);
 * for (const { caption = '', regions } of samples)
 *   for (const { description, label, mask } of regions)
 *     // The caption lists the descriptions, and a description names its kind.
 *     if (!caption.includes(description) || !description.includes(label) || !mask) throw new Error(caption);
 * ```
 */
export async function readScenes(
  folder: string,
  options: { readonly check?: ImageCheck; readonly maxSkips?: number; readonly signal?: AbortSignal } = {},
): Promise<{ readonly samples: readonly RegionSample[]; readonly skipped: readonly Skip[] }> {
  const { check = 'none', maxSkips = 0 } = options;
  const common = { maxSkips, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const images = join(folder, 'images');
  const coco = await readCoco({
    instances: join(folder, 'annotations', 'instances.json'),
    captions: join(folder, 'annotations', 'captions.json'),
    images,
    check,
    ...common,
  });
  const genome = await readVisualGenome({
    imageData: join(folder, 'visual_genome', 'image_data.json'),
    objects: join(folder, 'visual_genome', 'objects.json'),
    attributes: join(folder, 'visual_genome', 'attributes.json'),
    regionDescriptions: join(folder, 'visual_genome', 'region_descriptions.json'),
    relationships: join(folder, 'visual_genome', 'relationships.json'),
    images,
    check: 'none',
    ...common,
  });
  const described = new Map(genome.samples.map((sample) => [sample.id, sample]));
  const samples = coco.samples.map((sample): RegionSample => {
    const other = described.get(sample.id);
    if (!other) throw disagree(folder, `Visual Genome's files have no image ${sample.id}`);
    const regionOf = new Map(other.regions.map((region) => [region.id, region]));
    const regions = sample.regions.map((region): Region => {
      const twin = regionOf.get(`region-${region.id}`);
      if (!twin || iou(twin.box, region.box) < SAME_BOX)
        throw disagree(
          folder,
          `region ${region.id} of image ${sample.id} is ${twin ? 'elsewhere' : 'missing'}`,
        );
      return { ...region, description: twin.description, source: 'scenes' };
    });
    const relations = (other.relations ?? []).map(({ subject, relation, object }) => ({
      subject: subject.slice('object-'.length),
      relation,
      object: object.slice('object-'.length),
    }));
    return { ...sample, regions, relations };
  });
  return { samples, skipped: [...coco.skipped, ...genome.skipped] };
}

function disagree(folder: string, what: string): FgamError {
  return new FgamError(
    'data/bad-record',
    `readScenes: expected the COCO and Visual Genome files of ${folder} to agree, got: ${what}; write the scenes again`,
  );
}
