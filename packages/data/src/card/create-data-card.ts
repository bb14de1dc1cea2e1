import { join } from 'node:path';
import { boxArea } from '../box.js';
import { hashFile } from '../hash-file.js';
import { readShards } from '../read-shards.js';
import { readSkips } from '../read-skips.js';
import type { Region } from '../records.js';
import { readShardManifest } from '../shard-manifest.js';
import { type Histogram, HistogramCounter } from './histogram.js';
import { licenceOf, type SourceLicence } from './licences.js';

/** A number of things by name, most first. */
export type Counts = readonly (readonly [name: string, count: number])[];

/** What a shard folder holds, for those who are to judge it. */
export interface DataCard {
  /** SHA-256 of `manifest.json`, which has those of all files. */
  readonly manifestSha256: string;
  readonly shards: number;
  readonly bytes: number;
  readonly images: { readonly train: number; readonly validation: number };
  readonly captions: number;
  readonly regions: number;
  readonly regionsWithMask: number;
  readonly relations: number;
  /** Predicates that annotators gave, beside `relations`. */
  readonly annotatedRelations: number;
  readonly regionsWithAttributes: number;
  readonly conversations: number;
  readonly labels: number;
  /** The 20 most frequent. */
  readonly frequentLabels: Counts;
  /** Of regions and conversations. */
  readonly sources: Counts;
  /** Of what the reader and the builder left out, by reason. */
  readonly skipped: Counts;
  readonly histograms: {
    /** Pixels of the shorter side. */
    readonly imageSide: Histogram;
    readonly regionsPerImage: Histogram;
    /** Per cent of the image. */
    readonly boxArea: Histogram;
    readonly descriptionWords: Histogram;
    readonly captionWords: Histogram;
  };
  readonly licences: readonly (SourceLicence & { readonly of: string })[];
}

const FREQUENT = 20;

/**
 * Counts, histograms and licences of a shard folder; reads it once, a sample at a time, and checks its sums.
 *
 * @throws FgamError as `readShards` does
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, createDataCard, formatDataCard, readScenes, writeScenes } from '@fgam/data';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'card-'));
 * await writeScenes({ out: join(folder, 'scenes'), count: 4, seed: 1, split: 'train' });
 * const { samples } = await readScenes(join(folder, 'scenes'));
 * await buildShards({ samples, out: join(folder, 'shards'), validation: 0 });
 * const card = await createDataCard(join(folder, 'shards'));
 * const page = formatDataCard(card, 'four scenes', 'markdown');
 * if (card.images.train !== 4 || !page.startsWith('# four scenes')) throw new Error(page);
 * ```
 */
export async function createDataCard(folder: string): Promise<DataCard> {
  const manifest = await readShardManifest(folder);
  const images = { train: 0, validation: 0 };
  const [labels, sources] = [new Map<string, number>(), new Map<string, number>()];
  const counters = {
    imageSide: new HistogramCounter([64, 224, 336, 480, 640, 1024]),
    regionsPerImage: new HistogramCounter([1, 2, 4, 8, 16, 32]),
    boxArea: new HistogramCounter([1, 4, 10, 25, 50]),
    descriptionWords: new HistogramCounter([2, 4, 8, 16, 32]),
    captionWords: new HistogramCounter([4, 8, 16, 32, 64]),
  };
  let [captions, regions, regionsWithMask, regionsWithAttributes] = [0, 0, 0, 0];
  let [relations, annotatedRelations, conversations] = [0, 0, 0];
  const countRegion = ({ box, mask, label, description, attributes, source }: Region): void => {
    regions += 1;
    if (mask !== undefined) regionsWithMask += 1;
    if (attributes !== undefined) regionsWithAttributes += 1;
    increment(labels, label);
    increment(sources, source);
    counters.boxArea.add(100 * boxArea(box));
    counters.descriptionWords.add(wordsOf(description));
  };
  for await (const { sample, split } of readShards(folder)) {
    images[split] += 1;
    counters.imageSide.add(Math.min(sample.width, sample.height));
    counters.regionsPerImage.add(sample.regions.length);
    relations += sample.relations?.length ?? 0;
    annotatedRelations += sample.annotatedRelations?.length ?? 0;
    for (const { source } of sample.conversations ?? []) {
      conversations += 1;
      increment(sources, source);
    }
    if (sample.caption !== undefined) {
      captions += 1;
      counters.captionWords.add(wordsOf(sample.caption));
    }
    sample.regions.forEach(countRegion);
  }
  const { imageSide, regionsPerImage, boxArea: area, descriptionWords, captionWords } = counters;
  return {
    manifestSha256: (await hashFile(join(folder, 'manifest.json'))).sha256,
    shards: manifest.shards.length,
    bytes: manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0),
    images,
    captions,
    regions,
    regionsWithMask,
    relations,
    annotatedRelations,
    regionsWithAttributes,
    conversations,
    labels: labels.size,
    frequentLabels: inOrder(labels).slice(0, FREQUENT),
    sources: inOrder(sources),
    skipped: await skippedByReason(folder),
    histograms: {
      imageSide: imageSide.histogram,
      regionsPerImage: regionsPerImage.histogram,
      boxArea: area.histogram,
      descriptionWords: descriptionWords.histogram,
      captionWords: captionWords.histogram,
    },
    licences: inOrder(sources).map(([of]) => ({ of, ...licenceOf(of) })),
  };
}

async function skippedByReason(folder: string): Promise<Counts> {
  const reasons = new Map<string, number>();
  for (const { reason } of await readSkips(join(folder, 'skipped.jsonl'))) increment(reasons, reason);
  return inOrder(reasons);
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function inOrder(counts: ReadonlyMap<string, number>): Counts {
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function wordsOf(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}
