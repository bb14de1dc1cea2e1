import type { z } from 'zod';
import { FgamError } from './error.js';
import { findImageFault, type ImageCheck, MAX_IMAGE_SIDE } from './image-file.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import { readCoco } from './read-coco.js';
import type { Region, RegionSample } from './records.js';
import { refCocoReference, refCocoSentence } from './ref-coco-schema.js';
import { refusePickle } from './refuse-pickle.js';
import { type Skip, SkipList } from './skips.js';
import { findTextFault } from './text-fault.js';
import type { ReaderOptions } from './reader-options.js';

/** The splits of RefCOCO and RefCOCO+ (`testA`: people, `testB`: other objects) and of RefCOCOg (`test`). */
export type RefCocoSplit = 'train' | 'val' | 'test' | 'testA' | 'testB';

/** Options of `readRefCoco`. */
export interface ReadRefCocoOptions extends ReaderOptions {
  /** Path of the references as JSON (`refs(unc).json`), converted from the official pickle. */
  readonly refs: string;
  /** Path of the `instances.json` beside them, in COCO's format: boxes, masks, categories, images. */
  readonly instances: string;
  /** Folder of the photos (`train2014`). */
  readonly images: string;
  /** Take the references of one split alone. Default all. */
  readonly split?: RefCocoSplit;
  /** How image files are looked at, those that a reference names alone. Default `decode`. */
  readonly check?: ImageCheck;
}

/** What `readRefCoco` found. */
export interface RefCocoData {
  /** The images that a reference names. */
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** Every expression of a region, by the region's id; its description is the first. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** The split of a region, by the region's id: an image may be in several (RefCOCOg by Google). */
  readonly splits: ReadonlyMap<string, string>;
}

type Reference = z.infer<typeof refCocoReference>;

/**
 * Reads RefCOCO, RefCOCO+ or RefCOCOg: objects of COCO images and the expressions by which people referred to them.
 *
 * A region a referred object, id `ref-<ref_id>`; its box, mask and label are the annotation's, its description is the first
 * expression, `texts` holds all. The official files are Python pickles, which are never opened here; the error says how to
 * convert them.
 *
 * @throws FgamError `data/bad-record` for a pickle; `data/bad-json`, `data/missing-file`; `data/empty` where no reference is
 *   left (of the split); `data/path-escape`; `data/too-many-skips`
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
  const { refs: file, split, check = 'decode' } = options;
  await refusePickle('readRefCoco', file);
  const skips = new SkipList('readRefCoco', options.maxSkips);
  const coco = await readCoco({ instances: options.instances, images: options.images, check: 'none' });
  for (const { file: instances, id, reason, detail } of coco.skipped)
    skips.add(instances, id, reason, detail);
  const known = new Map(coco.samples.map((sample) => [sample.id, sample]));

  const references = new Map<string, Reference[]>();
  const seen = new Set<string>();
  for await (const raw of readJsonArray(file)) {
    options.signal?.throwIfAborted();
    const reference = parseRecord(refCocoReference, raw, { file, what: 'reference', skips });
    if (!reference) continue;
    const imageId = String(reference.image_id);
    if (seen.has(String(reference.ref_id)))
      skips.add(file, reference.ref_id, 'duplicate-id', 'a reference of this id exists');
    else if (split !== undefined && reference.split !== split) continue;
    else if (!known.has(imageId))
      skips.add(file, reference.ref_id, 'unknown-image', `no image has the id ${imageId}`);
    else {
      const list = references.get(imageId);
      if (list) list.push(reference);
      else references.set(imageId, [reference]);
    }
    seen.add(String(reference.ref_id));
  }

  let done = 0;
  const checked = await mapBounded([...references], 8, async ([id, of]) => {
    options.signal?.throwIfAborted();
    const sample = known.get(id) as RegionSample;
    const fault = await findFault(sample, check);
    options.onProgress?.(++done, references.size);
    return { sample, of, fault };
  });
  const texts = new Map<string, readonly string[]>();
  const splits = new Map<string, string>();
  const samples: RegionSample[] = [];
  for (const { sample, of, fault } of checked) {
    if (fault) {
      skips.add(options.instances, sample.id, fault.reason, fault.detail);
      continue; // an image that is left out takes its references with it
    }
    const annotations = new Map(sample.regions.map((region) => [region.id, region]));
    const regions: Region[] = [];
    for (const reference of of) {
      const { ref_id, ann_id } = reference;
      const annotation = annotations.get(String(ann_id));
      const found = sentencesOf(reference, file, skips);
      const [description] = found;
      if (!annotation)
        skips.add(file, ref_id, 'unknown-object', `image ${sample.id} has no usable annotation ${ann_id}`);
      else if (description === undefined)
        skips.add(file, ref_id, 'no-text', 'the reference has no usable expression');
      else {
        const id = `ref-${ref_id}`;
        regions.push({ ...annotation, id, description, source: 'refcoco' });
        texts.set(id, found);
        splits.set(id, reference.split);
      }
    }
    if (regions.length > 0) samples.push({ ...sample, regions });
  }
  if (samples.length === 0)
    throw new FgamError(
      'data/empty',
      `readRefCoco: expected references${split === undefined ? '' : ` of split ${split}`} to usable images in ${file}, ` +
        `got none of ${seen.size}; the first fault: ${skips.skips[0]?.detail ?? 'none'}`,
    );
  return { samples, skipped: skips.skips, texts, splits };
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
