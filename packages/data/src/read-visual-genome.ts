import type { z } from 'zod';
import { boxUnitFromPixels } from './box.js';
import { FgamError, isFgamError } from './error.js';
import { findImageFault, type ImageCheck } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { BoxUnit, ImageSize, Region, RegionSample, RelationTriple } from './records.js';
import { relationFromPhrase } from './relation.js';
import { type Skip, SkipList } from './skips.js';
import { findVisualGenomeImage } from './visual-genome-image.js';
import {
  imageIdOf,
  sizeOf,
  vgAttributesOf,
  vgImage,
  vgObject,
  vgObjectsOf,
  vgRegion,
  vgRegionsOf,
  vgRelationship,
  vgRelationshipsOf,
} from './visual-genome-schema.js';
import { withArticle } from './with-article.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readVisualGenome`. */
export interface ReadVisualGenomeOptions extends ReaderOptions {
  /** Path of `image_data.json`. */
  readonly imageData: string;
  /** Path of `region_descriptions.json`: a region each, described by its phrase. */
  readonly regionDescriptions?: string;
  /** Path of `objects.json`: a region each, described by its attributes and name. */
  readonly objects?: string;
  /** Path of `attributes.json`: adds attributes to the objects' descriptions. */
  readonly attributes?: string;
  /** Path of `relationships.json`: adds those of our relations to the samples, between objects. */
  readonly relationships?: string;
  /** Folder of the photos (of `VG_100K` and `VG_100K_2`, or one of them). */
  readonly images: string;
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
  /** Pixels that a box may reach over the edge; what reaches over is clipped. Default 1. */
  readonly tolerance?: number;
}

/** What `readVisualGenome` found. */
export interface VisualGenomeData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** Predicates that are none of our relations (`wearing`, `on`), with their number. */
  readonly otherPredicates: ReadonlyMap<string, number>;
}

interface Entry {
  readonly id: number;
  readonly size: ImageSize;
  readonly image: string;
  readonly regions: Region[];
  readonly relations: RelationTriple[];
}

/**
 * Reads Visual Genome: phrases of regions and named objects with boxes in pixels become `Region`s in image fractions.
 *
 * Region ids are `region-<region_id>` and `object-<object_id>`. Both spellings of widths and of the image key are read. The
 * files are streamed an image at a time, so that the official ones (up to 700 MB) fit. What is wrong with one record leaves
 * it out, counted and listed.
 *
 * @throws FgamError `data/bad-json` with position; `data/missing-file`; `data/empty` where no image is left;
 *   `data/path-escape`; `data/too-many-skips`; `data/bad-config` where relationships are given without objects
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
 *   imageData: join(folder, 'image_data.json'), regionDescriptions: join(folder, 'regions.json'), images: folder, check: 'none',
 * });
 * if (samples[0]?.regions[0]?.box.x1 !== 0.5) throw new Error(JSON.stringify(samples));
 * ```
 */
export async function readVisualGenome(options: ReadVisualGenomeOptions): Promise<VisualGenomeData> {
  if (options.relationships !== undefined && options.objects === undefined)
    throw new FgamError(
      'data/bad-config',
      'readVisualGenome: expected objects beside relationships, got none',
    );
  const skips = new SkipList('readVisualGenome', options.maxSkips);
  const { entries, known } = await readImages(options, skips);
  /** Calls `use` with each image's entry of a file; entries of unknown images are skipped. */
  const eachImage = async <
    Schema extends z.ZodType<{ image_id?: number | undefined; id?: number | undefined }>,
  >(
    file: string,
    schema: Schema,
    use: (entry: Entry, record: z.infer<Schema>) => void,
  ) => {
    for await (const raw of readJsonArray(file)) {
      options.signal?.throwIfAborted();
      const record = parseRecord(schema, raw, { file, what: 'image', skips });
      if (!record) continue;
      const id = imageIdOf(record);
      const entry = id === undefined ? undefined : entries.get(id);
      if (entry) use(entry, record);
      else if (id === undefined || !known.has(id))
        skips.add(file, id ?? '?', 'unknown-image', `image_data has no image ${id ?? 'without an id'}`);
    }
  };
  const boxOf = (
    record: z.infer<typeof vgRegion | typeof vgObject>,
    { size }: Entry,
    file: string,
    id: string,
  ) => {
    try {
      const tolerance = options.tolerance === undefined ? {} : { tolerance: options.tolerance };
      return boxUnitFromPixels({ x: record.x, y: record.y, ...sizeOf(record) }, size, tolerance);
    } catch (error) {
      if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
      skips.add(file, id, 'bad-box', error.message);
      return undefined;
    }
  };

  const { regionDescriptions, objects, attributes, relationships } = options;
  if (regionDescriptions !== undefined) {
    const seen = new Set<number>();
    await eachImage(regionDescriptions, vgRegionsOf, (entry, record) => {
      for (const raw of record.regions) {
        const region = parseRecord(vgRegion, raw, { file: regionDescriptions, what: 'region', skips });
        const number = region?.region_id ?? region?.id;
        if (!region) continue;
        const phrase = region.phrase.trim();
        if (number === undefined) skips.add(regionDescriptions, '?', 'bad-record', 'region: no region_id');
        else if (seen.has(number))
          skips.add(regionDescriptions, number, 'duplicate-id', 'a region of this id exists');
        else if (phrase === '') skips.add(regionDescriptions, number, 'no-text', 'the phrase is empty');
        else {
          const box = boxOf(region, entry, regionDescriptions, String(number));
          if (box) entry.regions.push(regionFrom(`region-${number}`, box, phrase, phrase));
        }
        if (number !== undefined) seen.add(number);
      }
    });
  }

  const attributesOf = new Map<number, string>();
  if (attributes !== undefined)
    await eachImage(attributes, vgAttributesOf, (_, record) => {
      for (const raw of record.attributes) {
        const object = parseRecord(vgObject, raw, { file: attributes, what: 'object', skips });
        const [first] = object?.attributes ?? [];
        if (object && first !== undefined && first.trim() !== '')
          attributesOf.set(object.object_id, first.trim());
      }
    });

  const placed = new Set<string>();
  if (objects !== undefined)
    await eachImage(objects, vgObjectsOf, (entry, record) => {
      for (const raw of record.objects) {
        const object = parseRecord(vgObject, raw, { file: objects, what: 'object', skips });
        if (!object) continue;
        const key = `${entry.id}/${object.object_id}`;
        const name = (object.names[0] ?? object.name ?? '').trim();
        if (placed.has(key))
          skips.add(objects, object.object_id, 'duplicate-id', 'the image has an object of this id');
        else if (name === '') skips.add(objects, object.object_id, 'no-text', 'the object has no name');
        else {
          const box = boxOf(object, entry, objects, String(object.object_id));
          if (!box) continue;
          const attribute = attributesOf.get(object.object_id);
          const description = withArticle(attribute === undefined ? name : `${attribute} ${name}`);
          entry.regions.push(regionFrom(`object-${object.object_id}`, box, name, description));
          placed.add(key);
        }
      }
    });

  const otherPredicates = new Map<string, number>();
  if (relationships !== undefined)
    await eachImage(relationships, vgRelationshipsOf, (entry, record) => {
      for (const raw of record.relationships) {
        const triple = parseRecord(vgRelationship, raw, { file: relationships, what: 'relationship', skips });
        if (!triple) continue;
        const predicate = triple.predicate.trim().toLowerCase();
        const relation = relationFromPhrase(predicate.replace(/^(?:is )?(?:to the |on the )?/, ''));
        const ends = [triple.subject.object_id, triple.object.object_id] as const;
        const missing = ends.find((id) => !placed.has(`${entry.id}/${id}`));
        if (!relation) otherPredicates.set(predicate, (otherPredicates.get(predicate) ?? 0) + 1);
        else if (missing !== undefined)
          skips.add(
            relationships,
            triple.relationship_id,
            'unknown-object',
            `the image has no object ${missing}`,
          );
        else entry.relations.push({ subject: `object-${ends[0]}`, relation, object: `object-${ends[1]}` });
      }
    });

  const samples = [...entries.values()].map(({ id, size, image, regions, relations }) => ({
    id: String(id),
    image,
    ...size,
    regions,
    ...(relationships === undefined ? {} : { relations }),
  }));
  return { samples, skipped: skips.skips, otherPredicates };
}

function regionFrom(id: string, box: BoxUnit, label: string, description: string): Region {
  return { id, box, label, description, source: 'visual-genome' };
}

async function readImages(options: ReadVisualGenomeOptions, skips: SkipList) {
  const file = options.imageData;
  const images = new Map<number, z.infer<typeof vgImage>>();
  for await (const raw of readJsonArray(file)) {
    const image = parseRecord(vgImage, raw, { file, what: 'image', skips });
    const id = image && imageIdOf(image);
    if (!image) continue;
    if (id === undefined) skips.add(file, '?', 'bad-record', 'image: neither image_id nor id');
    else if (images.has(id)) skips.add(file, id, 'duplicate-id', 'an image of this id exists');
    else images.set(id, image);
  }
  const entries = new Map<number, Entry>();
  const find = filesInside(options.images);
  let done = 0;
  const checked = await mapBounded([...images], 8, async ([id, image]) => {
    options.signal?.throwIfAborted();
    const size = { width: image.width, height: image.height };
    const path = await findVisualGenomeImage(find, id, image.url);
    const fault = await findImageFault(path, size, options.check ?? 'decode');
    options.onProgress?.(++done, images.size);
    return { id, size, path, fault };
  });
  for (const { id, size, path, fault } of checked) {
    if (fault) skips.add(file, id, fault.reason, fault.detail);
    else entries.set(id, { id, size, image: path, regions: [], relations: [] });
  }
  if (entries.size === 0)
    throw new FgamError(
      'data/empty',
      `readVisualGenome: expected usable images in ${options.images}, got none of ${images.size} in ${file}` +
        (skips.skips[0] ? `; the first fault: ${skips.skips[0].detail}` : ''),
    );
  return { entries, known: new Set(images.keys()) };
}
