import { boxUnitFromPixels } from './box.js';
import { FgamError, isFgamError } from './error.js';
import { flickr30kObject, parseFlickr30kAnnotation } from './flickr30k-annotation.js';
import type { Flickr30kSentence } from './flickr30k-sentence.js';
import { findImageFault, type ImageCheck, type ImageFault } from './image-file.js';
import { incompleteLabels } from './incomplete-labels.js';
import { filesInside } from './inside-folder.js';
import { mapBounded } from './map-bounded.js';
import { describeFaults } from './parse-record.js';
import { collectFlickr30kSentences, type ReadFlickr30kSentencesOptions } from './read-flickr30k-sentences.js';
import type { BoxUnit, Region, RegionSample } from './records.js';
import { type Skip, SkipList } from './skips.js';
import { readSmallText } from './small-text.js';

/** Options of `readFlickr30kEntities`. */
export interface ReadFlickr30kEntitiesOptions extends ReadFlickr30kSentencesOptions {
  /** Folder `Annotations`: a `<id>.xml` an image. */
  readonly annotations: string;
  /** Folder of the photos. */
  readonly images: string;
  /** A chain of several boxes (`two men`): a region a box (default), or one region around all of them. */
  readonly boxes?: 'each' | 'union';
  /** How image files are looked at. Default `decode`. */
  readonly check?: ImageCheck;
  /** Pixels that a box may reach over the edge; what reaches over is clipped. Default 1. */
  readonly tolerance?: number;
  /** Called after each checked image. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What `readFlickr30kEntities` found. */
export interface Flickr30kData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
  /** Every sentence of a sample in plain words, by its id; `sample.caption` is the first. */
  readonly captions: ReadonlyMap<string, readonly string[]>;
  /** The distinct phrases of a region (case ignored), by the region's id; its description is the first. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** Every sentence with its phrases, those without a box too. */
  readonly sentences: ReadonlyMap<string, readonly Flickr30kSentence[]>;
  /** Visual phrases of the samples whose chain has no box (scenes, or not drawn). No fault. */
  readonly phrasesWithoutBox: number;
}

/**
 * Reads Flickr30k Entities: phrases of captions, and the boxes of their chains in pixels from 1 with both
 * ends inside, which become image fractions: `x0 = (xmin - 1) / W, x1 = xmax / W`.
 *
 * A region a chain and box, id `<image>-<chain>-<n>`; its description is the chain's first phrase, `texts`
 * holds all that differ, its label is the phrase's first type (`people`). A phrase of many (`two men`)
 * describes each of its boxes; with `boxes: 'union'` what is around them all. XML entities are not expanded,
 * and document types are refused.
 *
 * @throws FgamError `data/missing-file`; `data/empty` where no image is left; `data/path-escape`; `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readFlickr30kEntities } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'flickr-'));
 * await writeFile(join(folder, '7.txt'), '[/EN#1/people A girl] sits .\n');
 * await writeFile(join(folder, '7.xml'), `<annotation><filename>7.jpg</filename>
 *   <size><width>100</width><height>50</height><depth>3</depth></size><object><name>1</name>
 *   <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>50</xmax><ymax>50</ymax></bndbox></object></annotation>`);
 * const { samples } = await readFlickr30kEntities({ sentences: folder, annotations: folder, images: folder, check: 'none' });
 * const [region] = samples[0]?.regions ?? [];
 * if (region?.description !== 'A girl' || region.box.x0 !== 0 || region.box.x1 !== 0.5) throw new Error();
 * ```
 */
export async function readFlickr30kEntities(options: ReadFlickr30kEntitiesOptions): Promise<Flickr30kData> {
  const fn = 'readFlickr30kEntities';
  const skips = new SkipList(fn, options.maxSkips);
  const sentences = await collectFlickr30kSentences(fn, options, skips);
  const findAnnotation = filesInside(options.annotations);
  const findImage = filesInside(options.images);
  let done = 0;
  const look = async (id: string) => {
    const { path: file, exists } = await findAnnotation(`${id}.xml`);
    const bad = (reason: ImageFault['reason'], detail: string) => ({ id, file, fault: { reason, detail } });
    if (!exists) return bad('missing-annotation', 'the image has no file of boxes');
    const xml = await readSmallText(file);
    if (typeof xml !== 'string') return bad('bad-record', xml.problem);
    const annotation = parseFlickr30kAnnotation(xml);
    if (typeof annotation === 'string') return bad('bad-record', annotation);
    const { path } = await findImage(annotation.filename);
    const fault = await findImageFault(path, annotation.size, options.check ?? 'decode');
    return { id, file, fault, path, annotation };
  };
  const images = await mapBounded([...sentences.keys()], 8, async (id) => {
    options.signal?.throwIfAborted();
    const image = await look(id);
    options.onProgress?.(++done, sentences.size);
    return image;
  });

  const samples: RegionSample[] = [];
  const texts = new Map<string, readonly string[]>();
  const captions = new Map<string, readonly string[]>();
  let phrasesWithoutBox = 0;
  for (const image of images) {
    if (!('annotation' in image) || image.fault) {
      if (image.fault) skips.add(image.file, image.id, image.fault.reason, image.fault.detail);
      continue;
    }
    const { id, file, path, annotation } = image;
    const said = sentences.get(id) ?? [];
    const phrases = phrasesByChain(said);
    const { boxes, leftOut } = boxesOf(annotation, { id, file, skips, options });
    const regions: Region[] = [];
    for (const [chain, found] of boxes) {
      const own = phrases.get(chain);
      if (!own) {
        skips.add(file, `${id}-${chain}`, 'no-text', 'no sentence speaks of the chain');
        continue;
      }
      const shown = options.boxes === 'union' ? [unionOf(found)] : found;
      shown.forEach((box, index) => {
        const region = `${id}-${chain}-${index + 1}`;
        texts.set(region, [...own.texts.values()]);
        regions.push({
          id: region,
          box,
          label: own.label,
          description: own.description,
          source: 'flickr30k-entities',
        });
      });
    }
    for (const [chain, { count }] of phrases) if (!boxes.has(chain)) phrasesWithoutBox += count;
    const plain = said.map(({ text }) => text);
    captions.set(id, plain);
    const incomplete = incompleteLabels(new Set(leftOut.map((chain) => phrases.get(chain)?.label)));
    samples.push({
      id,
      image: path,
      ...annotation.size,
      caption: plain[0] as string,
      regions,
      ...incomplete,
    });
  }
  if (samples.length === 0)
    throw new FgamError(
      'data/empty',
      `${fn}: expected usable images in ${options.images}, got none of ${sentences.size}; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return { samples, skipped: skips.skips, captions, texts, sentences, phrasesWithoutBox };
}

interface ChainTexts {
  readonly label: string;
  readonly description: string;
  /** Distinct phrases, by their lower case. */
  readonly texts: Map<string, string>;
  count: number;
}

/** What the sentences call each visual chain. */
function phrasesByChain(sentences: readonly Flickr30kSentence[]): Map<string, ChainTexts> {
  const chains = new Map<string, ChainTexts>();
  for (const { chain, types, text } of sentences.flatMap(({ phrases }) => phrases)) {
    if (chain === '0') continue;
    let entry = chains.get(chain);
    if (!entry) {
      entry = { label: types[0] as string, description: text, texts: new Map(), count: 0 };
      chains.set(chain, entry);
    }
    entry.count++;
    if (!entry.texts.has(text.toLowerCase())) entry.texts.set(text.toLowerCase(), text);
  }
  return chains;
}

/** The boxes of each chain, in the file's order, and the chains that one was left out of; `''` where it is not told. */
function boxesOf(
  annotation: Exclude<ReturnType<typeof parseFlickr30kAnnotation>, string>,
  at: {
    readonly id: string;
    readonly file: string;
    readonly skips: SkipList;
    readonly options: ReadFlickr30kEntitiesOptions;
  },
): { readonly boxes: Map<string, BoxUnit[]>; readonly leftOut: readonly string[] } {
  const { id, file, skips, options } = at;
  const boxes = new Map<string, BoxUnit[]>();
  const leftOut: string[] = [];
  annotation.object.forEach((raw, index) => {
    const skip = (reason: Skip['reason'], detail: string) =>
      skips.add(file, `${id} object ${index + 1}`, reason, detail);
    const object = flickr30kObject.safeParse(raw);
    if (!object.success) {
      skip('bad-record', describeFaults(object.error));
      leftOut.push('');
      return;
    }
    const [corners] = object.data.bndbox ?? [];
    if (!corners) return; // a scene, or not drawn
    const { xmin, ymin, xmax, ymax } = corners;
    try {
      const box = boxUnitFromPixels(
        { x: xmin - 1, y: ymin - 1, width: xmax - xmin + 1, height: ymax - ymin + 1 },
        annotation.size,
        options.tolerance === undefined ? {} : { tolerance: options.tolerance },
      );
      for (const chain of new Set(object.data.name)) {
        const list = boxes.get(chain);
        if (list) list.push(box);
        else boxes.set(chain, [box]);
      }
    } catch (error) {
      if (!isFgamError(error) || error.code !== 'data/bad-box') throw error;
      skip('bad-box', error.message);
      leftOut.push(...object.data.name);
    }
  });
  return { boxes, leftOut };
}

function unionOf(boxes: readonly BoxUnit[]): BoxUnit {
  return {
    x0: Math.min(...boxes.map(({ x0 }) => x0)),
    y0: Math.min(...boxes.map(({ y0 }) => y0)),
    x1: Math.max(...boxes.map(({ x1 }) => x1)),
    y1: Math.max(...boxes.map(({ y1 }) => y1)),
  };
}
