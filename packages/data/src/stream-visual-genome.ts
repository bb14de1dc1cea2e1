import { FgamError } from './error.js';
import type { ImageCheck } from './image-file.js';
import type { ReaderOptions } from './reader-options.js';
import type { RegionSample } from './records.js';
import { type Skip, SkipList } from './skips.js';
import type { VisualGenomeContext } from './visual-genome-entries.js';
import { readVisualGenomeImages } from './visual-genome-images.js';
import { readVisualGenomeAttributes, readVisualGenomeObjects } from './visual-genome-objects.js';
import { readVisualGenomeRegions } from './visual-genome-regions.js';
import { readVisualGenomeRelationships } from './visual-genome-relationships.js';
import { visualGenomeSample } from './visual-genome-sample.js';

/** Options of `readVisualGenome` and `streamVisualGenome`. */
export interface ReadVisualGenomeOptions extends ReaderOptions {
  /** Path of `image_data.json`. */
  readonly imageData: string;
  /** Path of `region_descriptions.json`: a region each, described by its phrase. */
  readonly regionDescriptions?: string;
  /** Path of `objects.json`: a region each, described by its first attribute and name. */
  readonly objects?: string;
  /** Path of `attributes.json`: gives the objects their attributes. */
  readonly attributes?: string;
  /** Path of `relationships.json`: adds to the samples what it says of two objects. */
  readonly relationships?: string;
  /** Folder of the photos (of `VG_100K` and `VG_100K_2`, or one of them). */
  readonly images: string;
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
  /** Pixels that a box may reach over the edge; what reaches over is clipped. Default 1. */
  readonly tolerance?: number;
}

/** What `streamVisualGenome` found. */
export interface VisualGenomeStream {
  /** Number of samples. */
  readonly count: number;
  /** Each sample is made when it is asked for, anew in every iteration. */
  readonly samples: Iterable<RegionSample>;
  readonly skipped: readonly Skip[];
  /** Predicates that are none of our relations (`wearing`, `on`), with their number. */
  readonly otherPredicates: ReadonlyMap<string, number>;
}

/**
 * Reads Visual Genome as `readVisualGenome` does, but makes the samples one at a time, for all of it: 5.4
 * million region descriptions, 3.8 million objects with attributes and 2.3 million relationships.
 *
 * All files have been read and all records checked before the first sample; `skipped` is
 * complete by then. The files may have their images in any order: of each image numbers and
 * texts are held until it is its turn.
 *
 * @throws FgamError as `readVisualGenome`
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, streamVisualGenome, writeScenes } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'vg-'));
 * await writeScenes({ out: join(folder, 'scenes'), count: 4, seed: 1, split: 'train' });
 * const genome = join(folder, 'scenes', 'visual_genome');
 * const { count, samples, skipped } = await streamVisualGenome({
 *   imageData: join(genome, 'image_data.json'), objects: join(genome, 'objects.json'),
 *   attributes: join(genome, 'attributes.json'), images: join(folder, 'scenes', 'images'),
 * });
 * const manifest = await buildShards({ samples, skipped, out: join(folder, 'shards') });
 * if (count !== 4 || manifest.samples !== 4) throw new Error(JSON.stringify(manifest));
 * ```
 */
export async function streamVisualGenome(options: ReadVisualGenomeOptions): Promise<VisualGenomeStream> {
  const {
    regionDescriptions,
    objects: objectsFile,
    attributes: attributesFile,
    relationships,
    tolerance,
  } = options;
  if (objectsFile === undefined && (attributesFile ?? relationships) !== undefined)
    throw new FgamError(
      'data/bad-config',
      'readVisualGenome: expected objects beside attributes and relationships, got none',
    );
  const skips = new SkipList('readVisualGenome', options.maxSkips);
  const images = await readVisualGenomeImages(options, skips);
  const context: VisualGenomeContext = { images, skips, tolerance, signal: options.signal };
  const regions =
    regionDescriptions === undefined ? undefined : await readVisualGenomeRegions(regionDescriptions, context);
  const objects = objectsFile === undefined ? undefined : await readVisualGenomeObjects(objectsFile, context);
  const attributes =
    objects && attributesFile !== undefined
      ? await readVisualGenomeAttributes(attributesFile, objects, context)
      : undefined;
  const related =
    objects && relationships !== undefined
      ? await readVisualGenomeRelationships(relationships, objects, context)
      : undefined;

  function* samples(): Generator<RegionSample, void, undefined> {
    for (const [place, picture] of images.pictures.entries())
      yield visualGenomeSample(picture, {
        tolerance,
        regions: regions?.of(place),
        objects: objects?.rows.of(place),
        leftOut: objects?.leftOut.get(place),
        attributes: attributes?.of(place),
        relationships: related?.rows.of(place),
      });
  }
  return {
    count: images.pictures.length,
    samples: { [Symbol.iterator]: samples },
    skipped: skips.skips,
    otherPredicates: related ? related.otherPredicates : new Map<string, number>(),
  };
}
