import type { z } from 'zod';
import { FgamError } from './error.js';
import { findImageFault, type ImageCheck, MAX_IMAGE_SIDE } from './image-file.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { Region, RegionSample } from './records.js';
import { refCocoReference, refCocoSentence } from './ref-coco-schema.js';
import { refusePickle } from './refuse-pickle.js';
import { type Skip, SkipList } from './skips.js';
import { streamCoco } from './stream-coco.js';
import { findTextFault } from './text-fault.js';
import type { ReaderOptions } from './reader-options.js';

/** The splits of RefCOCO and RefCOCO+ (`testA`: people, `testB`: other objects) and of RefCOCOg (`test`). */
export const REF_COCO_SPLITS = ['train', 'val', 'test', 'testA', 'testB'] as const;

/** An official split of RefCOCO, RefCOCO+ or RefCOCOg. */
export type RefCocoSplit = (typeof REF_COCO_SPLITS)[number];

/** Options of `readRefCoco`. */
export interface ReadRefCocoOptions extends ReaderOptions {
  /** Path of the references as JSON (`refs(unc).json`), converted from the official pickle. */
  readonly refs: string;
  /** Path of the `instances.json` beside them, in COCO's format: boxes, masks, categories, images. */
  readonly instances: string;
  /** Folder of the photos (`train2014`). */
  readonly images: string;
  /** Take the references of these splits alone. Default all. */
  readonly splits?: readonly RefCocoSplit[];
  /**
   * Keep training references of images that held-out references are about too, whatever splits are
   * asked for. Default false.
   */
  readonly keepShared?: boolean;
  /** How image files are looked at, those that a reference names alone. Default `decode`. */
  readonly check?: ImageCheck;
}

/** What `readRefCoco` found. */
export interface RefCocoData {
  /** The images that a reference names, in the order of the instances file. */
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** Every expression of a region, by the region's id; its description is the first. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** The split of a region, by the region's id. All regions of a sample are of one. */
  readonly splits: ReadonlyMap<string, string>;
  /** Number of references of other splits than those asked for. */
  readonly otherSplits: number;
  /** Number of training references that were left out because held-out ones are about the same image. */
  readonly sharedImages: number;
}

type Reference = z.infer<typeof refCocoReference>;

/**
 * Reads RefCOCO, RefCOCO+ or RefCOCOg: objects of COCO images and the expressions by which people referred to them.
 *
 * A region a referred object, id `ref-<ref_id>`; its box, mask and label are the annotation's, its
 * description is the first expression, `texts` holds all. Where an image has references of `train` and of
 * other splits (RefCOCOg by Google), those of `train` are left out and counted, so that no held-out image
 * comes into training; `keepShared` keeps them. An image whose references are of several splits is a sample
 * for each, `<image id>-<split>`. The official files are Python pickles, which are never opened here; the
 * error says how to convert them.
 *
 * @throws FgamError `data/bad-record` for a pickle; `data/bad-json`, `data/missing-file`; `data/empty` where
 * no reference is left (of the splits); `data/path-escape`; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readRefCoco } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'refcoco-'));
 * await writeFile(join(folder, 'instances.json'), JSON.stringify({
 *   images: [{ id: 7, file_name: 'a.png', width: 100, height: 50 }],
 *   annotations: [{ id: 1, image_id: 7, category_id: 1, bbox: [10, 10, 40, 20] }],
 *   categories: [{ id: 1, name: 'person' }],
 * }));
 * const sentences = [{ sent_id: 0, sent: 'the lady with the blue shirt' }, { sent_id: 1, sent: 'blue shirt' }];
 * await writeFile(join(folder, 'refs.json'), JSON.stringify(
 *   [{ ref_id: 0, ann_id: 1, image_id: 7, category_id: 1, split: 'train', sentences }]));
 * const { samples, texts } = await readRefCoco({
 *   refs: join(folder, 'refs.json'), instances: join(folder, 'instances.json'), images: folder, check: 'none',
 * });
 * if (samples[0]?.regions[0]?.description !== 'the lady with the blue shirt') throw new Error();
 * if (texts.get('ref-0')?.length !== 2) throw new Error();
 * ```
 */
export async function readRefCoco(options: ReadRefCocoOptions): Promise<RefCocoData> {
  const { refs: file, instances, splits: wanted, check = 'decode', signal } = options;
  await refusePickle('readRefCoco', file);
  const skips = new SkipList('readRefCoco', options.maxSkips);
  const { references, count, otherSplits, sharedImages } = await readReferences(options, skips);
  const found = await findSamples(options, references, skips);
  for (const [id, of] of references)
    for (const { ref_id } of found.has(id) ? [] : of)
      skips.add(file, ref_id, 'unknown-image', `no image has the id ${id}`);

  let done = 0;
  const checked = await mapBounded([...found.values()], 8, async (sample) => {
    signal?.throwIfAborted();
    const fault = await findFault(sample, check);
    options.onProgress?.(++done, found.size);
    return { sample, fault };
  });
  const texts = new Map<string, readonly string[]>();
  const splits = new Map<string, string>();
  const samples: RegionSample[] = [];
  for (const { sample, fault } of checked) {
    if (fault) {
      skips.add(instances, sample.id, fault.reason, fault.detail);
      continue; // an image that is left out takes its references with it
    }
    const annotations = new Map(sample.regions.map((region) => [region.id, region]));
    const bySplit = new Map<string, Region[]>();
    for (const reference of references.get(sample.id) ?? []) {
      const { ref_id, ann_id, split } = reference;
      const annotation = annotations.get(String(ann_id));
      const expressions = sentencesOf(reference, file, skips);
      const [description] = expressions;
      if (!annotation)
        skips.add(file, ref_id, 'unknown-object', `image ${sample.id} has no usable annotation ${ann_id}`);
      else if (description === undefined)
        skips.add(file, ref_id, 'no-text', 'the reference has no usable expression');
      else {
        const id = `ref-${ref_id}`;
        const regions = bySplit.get(split) ?? [];
        regions.push({ ...annotation, id, description, source: 'refcoco' });
        bySplit.set(split, regions);
        texts.set(id, expressions);
        splits.set(id, split);
      }
    }
    for (const [split, regions] of bySplit)
      samples.push({ ...sample, id: bySplit.size > 1 ? `${sample.id}-${split}` : sample.id, regions });
  }
  if (samples.length === 0)
    throw new FgamError(
      'data/empty',
      `readRefCoco: expected references${wanted === undefined ? '' : ` of ${wanted.join(', ')}`} to usable images in ${file}, ` +
        `got none of ${count}, ${sharedImages} of them in training and of an image that is held out; the first fault: ${skips.skips[0]?.detail ?? 'none'}`,
    );
  return { samples, skipped: skips.skips, texts, splits, otherSplits, sharedImages };
}

/** The references of the splits asked for, by their image's id. */
async function readReferences(
  { refs: file, splits, keepShared = false, signal }: ReadRefCocoOptions,
  skips: SkipList,
) {
  const wanted: readonly string[] | undefined = splits;
  const heldOut = new Set<string>();
  const references = new Map<string, Reference[]>();
  const seen = new Set<string>();
  let otherSplits = 0;
  for await (const raw of readJsonArray(file)) {
    signal?.throwIfAborted();
    const reference = parseRecord(refCocoReference, raw, { file, what: 'reference', skips });
    if (!reference) continue;
    const { ref_id, image_id, split } = reference;
    if (split !== 'train') heldOut.add(String(image_id));
    if (seen.has(String(ref_id))) skips.add(file, ref_id, 'duplicate-id', 'a reference of this id exists');
    else if (wanted !== undefined && !wanted.includes(split)) otherSplits++;
    else {
      const list = references.get(String(image_id));
      if (list) list.push(reference);
      else references.set(String(image_id), [reference]);
    }
    seen.add(String(ref_id));
  }
  let sharedImages = 0;
  for (const [image, of] of keepShared ? [] : references) {
    const kept = heldOut.has(image) ? of.filter(({ split }) => split !== 'train') : of;
    sharedImages += of.length - kept.length;
    if (kept.length > 0) references.set(image, kept);
    else references.delete(image);
  }
  return { references, count: seen.size, otherSplits, sharedImages };
}

/** The images that have references, with all their annotations, by id. */
async function findSamples(
  { instances, images, signal }: ReadRefCocoOptions,
  references: ReadonlyMap<string, unknown>,
  skips: SkipList,
): Promise<Map<string, RegionSample>> {
  const coco = await streamCoco({ instances, images, check: 'none', ...(signal ? { signal } : {}) });
  for (const { file, id, reason, detail } of coco.skipped) skips.add(file, id, reason, detail);
  const found = new Map<string, RegionSample>();
  for (const sample of coco.samples) if (references.has(sample.id)) found.set(sample.id, sample);
  return found;
}

async function findFault(sample: RegionSample, check: ImageCheck) {
  const sides = [sample.width, sample.height];
  if (sides.some((side) => !Number.isInteger(side) || side > MAX_IMAGE_SIDE))
    return { reason: 'image-size', detail: `no image is ${sides.join(' x ')}` } as const;
  return findImageFault(sample.image, sample, check);
}

function sentencesOf(reference: Reference, file: string, skips: SkipList): string[] {
  return reference.sentences.flatMap((raw, index) => {
    const skip = (reason: Skip['reason'], detail: string) =>
      skips.add(file, `${reference.ref_id} sentence ${index + 1}`, reason, detail);
    const sentence = refCocoSentence.safeParse(raw);
    if (!sentence.success) {
      skip('bad-record', 'sentence: expected a text under "sent"');
      return [];
    }
    const fault = findTextFault(sentence.data.sent);
    if (!fault) return [sentence.data.sent.trim()];
    skip(fault.reason, fault.detail);
    return [];
  });
}
