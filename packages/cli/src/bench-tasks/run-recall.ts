import type { DataSplit } from '@fgam/data';
import { createRegionTextScorer } from '@fgam/models';
import { createProgress } from '../progress.js';
import { openModel } from '../train/open-model.js';
import { unknownWords } from '../train/unknown-words.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { plainTable } from './plain-table.js';
import { type RecallWithInterval, recallScores, type RegionTextRecall } from './recall-scores.js';
import { readRegionTexts, scoreRegionTexts } from './region-texts.js';
import { recallRows, type ResultRow } from './result-rows.js';

/** Options of {@link runRecall}. */
export interface RunRecallOptions {
  readonly model: string;
  readonly data: string;
  readonly split: DataSplit;
  /** Of the intervals' bootstrap. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Recall of regions and descriptions, each asked for by the other. */
export interface RecallResult extends RegionTextRecall {
  readonly task: 'recall';
  readonly model: string;
  readonly data: string;
  readonly split: DataSplit;
  readonly images: number;
  readonly regions: number;
  /** Distinct descriptions. */
  readonly texts: number;
  /** Descriptions with a word that the model does not know. */
  readonly unknownTexts: number;
  readonly rows: readonly ResultRow[];
}

/**
 * Recall at 1 and 5 over the regions of a split. Equal descriptions are one text: each region has one right
 * text among the distinct ones, each text as many right regions as have it.
 */
export async function runRecall(options: RunRecallOptions): Promise<RecallResult> {
  const { data, split, seed, signal } = options;
  const model = await openModel(options.model);
  const regions = await readRegionTexts(data, split);
  const { images, texts, textOf } = regions;
  warnUnknown('descriptions', model.tokenizer, texts);
  const scorer = createRegionTextScorer(model);
  const progress = createProgress('similarities', images);
  try {
    const similarity = await scoreRegionTexts(data, split, regions, scorer, {
      signal,
      onProgress: (done) => progress.update(done),
    });
    const recall = recallScores(similarity, regions, seed);
    return {
      task: 'recall',
      model: options.model,
      data,
      split,
      images,
      regions: textOf.length,
      texts: texts.length,
      unknownTexts: unknownWords(model.tokenizer, texts).affected,
      ...recall,
      rows: recallRows(recall),
    };
  } finally {
    progress.stop();
    await scorer.dispose();
  }
}

/** A recall result for people. */
export function recallText(result: RecallResult): string {
  const { images, regions, texts, split, regionToText, textToRegion } = result;
  const rowsOf = (direction: string, scores: readonly RecallWithInterval[]) =>
    scores.map(({ k, recall, chance, n, interval }) => [
      direction,
      `recall@${k}`,
      recall.toFixed(3),
      chance.toFixed(3),
      n,
      interval.map((end) => end.toFixed(3)).join(' to '),
    ]);
  const table = plainTable(
    ['direction', 'metric', 'value', 'chance', 'n', '95 % interval'],
    [...rowsOf('region to text', regionToText), ...rowsOf('text to region', textToRegion)],
  );
  return `${regions} regions of ${images} images (${split}), ${texts} distinct descriptions\n${table}`;
}
