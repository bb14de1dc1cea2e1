import { bootstrapInterval, type Interval, recallAtK, type RecallScore } from '@fgam/bench';
import type { RegionTexts } from './region-texts.js';

/** Recall at one `k` with its 95 % interval. */
export interface RecallWithInterval extends RecallScore {
  readonly interval: Interval;
}

/** Recall of both directions. */
export interface RegionTextRecall {
  /** Resampled by image, as the regions of one image are not independent. */
  readonly regionToText: readonly RecallWithInterval[];
  /** Resampled by description. */
  readonly textToRegion: readonly RecallWithInterval[];
}

/**
 * Recall at 1 and 5 of a similarity matrix, each with the interval of a bootstrap over its queries.
 *
 * @param similarity - cosines [regions, texts]
 */
export function recallScores(
  similarity: readonly Float32Array[],
  { texts, textOf, imageOf }: Pick<RegionTexts, 'texts' | 'textOf' | 'imageOf'>,
  seed: number,
): RegionTextRecall {
  const { rowToColumn, columnToRow } = recallAtK({
    similarity,
    positives: (row) => textOf.slice(row, row + 1),
  });
  const regionHits = similarity.map((row, region) => hitsOf(row, textOf.slice(region, region + 1)));
  const regionsOf = texts.map((): number[] => []);
  for (const [region, text] of textOf.entries()) regionsOf[text]?.push(region);
  const textHits = regionsOf.map((regions, text) =>
    hitsOf(
      similarity.map((row) => row[text] ?? 0),
      regions,
    ),
  );
  const withIntervals = (
    scores: readonly RecallScore[],
    hits: readonly (readonly number[])[],
    groups: readonly string[],
  ): RecallWithInterval[] =>
    scores.map((score, at) => ({
      ...score,
      interval: bootstrapInterval({ values: hits.map((each) => each[at] ?? 0), groups, seed }),
    }));
  return {
    regionToText: withIntervals(rowToColumn, regionHits, imageOf),
    textToRegion: withIntervals(columnToRow, textHits, texts),
  };
}

/** Whether one query is served at each k: 0 or 1. */
function hitsOf(row: ArrayLike<number>, positives: readonly number[]): number[] {
  return recallAtK({ similarity: [row], positives: () => positives }).rowToColumn.map(({ recall }) => recall);
}
