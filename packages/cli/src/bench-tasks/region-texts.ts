import { type BoxUnit, type DataSplit, FgamError, readShardManifest, readShards } from '@fgam/data';
import type { ModelRegionTextScorer } from '@fgam/models';

/** Regions whose similarities to all texts are held at once. */
const MOST_REGIONS = 20_000;
/** Float32 similarities: 400 MB. */
const MOST_PAIRS = 1e8;
/** Images that are scored in one call. */
const CHUNK = 64;

/** The regions of a split by its distinct descriptions. */
export interface RegionTexts {
  readonly images: number;
  /** Distinct descriptions, in the order in which they come. */
  readonly texts: readonly string[];
  /** For each region the number of its own description in `texts`. */
  readonly textOf: readonly number[];
  /** For each region the id of its image. */
  readonly imageOf: readonly string[];
}

/**
 * Reads the descriptions of a split; images are left alone.
 *
 * @throws FgamError `data/empty` without regions; `data/too-large` beyond what one similarity matrix may hold
 */
export async function readRegionTexts(folder: string, split: DataSplit): Promise<RegionTexts> {
  const { shards } = await readShardManifest(folder);
  const count = shards.reduce((sum, shard) => sum + (shard.split === split ? shard.regions : 0), 0);
  if (count === 0) {
    throw new FgamError(
      'data/empty',
      `${folder}: expected regions in the ${split} split, got none; take another --split, or build the shards with another --validation share`,
    );
  }
  if (count > MOST_REGIONS) throw tooLarge(folder, `${MOST_REGIONS} regions`, `${count}`);
  const numberOf = new Map<string, number>();
  const textOf: number[] = [];
  const imageOf: string[] = [];
  let images = 0;
  for await (const { sample } of readShards(folder, { split })) {
    images += 1;
    for (const { description } of sample.regions) {
      const number = numberOf.get(description) ?? numberOf.size;
      numberOf.set(description, number);
      textOf.push(number);
      imageOf.push(sample.id);
    }
  }
  const texts = [...numberOf.keys()];
  if (textOf.length * texts.length > MOST_PAIRS)
    throw tooLarge(folder, `${MOST_PAIRS} pairs`, `${textOf.length} regions x ${texts.length} descriptions`);
  return { images, texts, textOf, imageOf };
}

function tooLarge(folder: string, expected: string, got: string): FgamError<'data/too-large'> {
  return new FgamError(
    'data/too-large',
    `${folder}: expected at most ${expected} in the split, got ${got}; build shards of fewer images`,
  );
}

/** Cosines [regions, texts] of a split, in the order of `readRegionTexts`; a few images are held at a time. */
export async function scoreRegionTexts(
  folder: string,
  split: DataSplit,
  { texts }: RegionTexts,
  scorer: ModelRegionTextScorer,
  options: { readonly signal: AbortSignal; readonly onProgress: (images: number) => void },
): Promise<Float32Array[]> {
  const { signal, onProgress } = options;
  const similarity: Float32Array[] = [];
  let waiting: { readonly image: Uint8Array; readonly boxes: readonly BoxUnit[] }[] = [];
  let images = 0;
  const flush = async (): Promise<void> => {
    const scores = await scorer.score(
      waiting.map((request) => ({ ...request, texts })),
      { signal },
    );
    for (const rows of scores) for (const row of rows) similarity.push(Float32Array.from(row));
    onProgress((images += waiting.length));
    waiting = [];
  };
  // The first pass has checked the shards' SHA-256.
  for await (const { sample, image } of readShards(folder, { split, verify: false })) {
    waiting.push({ image, boxes: sample.regions.map(({ box }) => box) });
    if (waiting.length === CHUNK) await flush();
  }
  if (waiting.length > 0) await flush();
  return similarity;
}
