import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import type { Options } from '../choices/infer-option.js';
import { listFiles } from '../files/list-files.js';
import { lmmsEvalRow } from '../files/lmms-eval-row.js';
import { readRows } from '../files/read-rows.js';
import { readTable } from '../files/read-table.js';
import type { TableImage } from '../files/save-table-images.js';

/** One rotation of a question of MMBench. */
export interface MmbenchRow {
  /** The index of its row. */
  readonly id: string;
  /** The index of the question: that of the row, modulo 1,000,000. */
  readonly question: string;
  readonly hint: string | undefined;
  readonly text: string;
  readonly options: Options;
  /** A letter. */
  readonly answer: string;
  readonly category: string | undefined;
  readonly group: string | undefined;
}

/** Rotations of a question have indices that differ by multiples of this. */
const ROTATION = 1_000_000;

const index = z
  .union([z.int(), z.string().regex(/^\d+(?:\.0)?$/)])
  .transform((value) => String(Number(value)));
const option = z.union([z.string(), z.number()]).transform(String).nullish();

const truthRow = z.object({
  index,
  question: z.string(),
  hint: z.string().nullish(),
  ...{ A: option, B: option, C: option, D: option },
  answer: z.string().regex(/^[A-D]$/, 'expected a letter of A to D (the test split has no public answers)'),
  category: z.string().nullish(),
  'l2-category': z.string().nullish(),
  L2_category: z.string().nullish(),
});

const predictionRow = z.union([
  z
    .object({ index, prediction: z.union([z.string(), z.number()]).nullable() })
    .transform((row) => ({ id: row.index, answer: String(row.prediction ?? ''), round: 0 })),
  // LLaVA: with all rounds, the index is the same in each and the options are turned; the first
  // round is that of the row.
  z
    .object({ question_id: index, text: z.string(), round_id: z.int().default(0) })
    .transform((row) => ({ id: row.question_id, answer: row.text, round: row.round_id })),
  lmmsEvalRow(z.object({ index })).transform(({ doc, answer }) => ({ id: doc.index, answer, round: 0 })),
]);

/** A cell that a tool filled where the question has no such option or hint. */
const EMPTY = new Set(['', 'nan']);

/**
 * MMBench's rows: the TSV as it is published, an XLSX, or lmms-eval's rows.
 *
 * @throws FgamError `bench/bad-truth` for another format, or a question without its unturned row
 */
export async function readMmbenchTruth(paths: readonly string[]): Promise<readonly MmbenchRow[]> {
  const files = await truthFiles(paths);
  const parts = await Promise.all(files.map((file) => readRows(file, truthRow, 'bench/bad-truth')));
  const rows = parts.flat().map(({ value }): MmbenchRow => {
    const given = (text: string | null | undefined) =>
      EMPTY.has(text ?? '') ? undefined : (text ?? undefined);
    const options = (['A', 'B', 'C', 'D'] as const).flatMap((letter) => {
      const text = given(value[letter]);
      return text === undefined ? [] : [[letter, text] as const];
    });
    return {
      id: value.index,
      question: String(Number(value.index) % ROTATION),
      hint: given(value.hint),
      text: value.question,
      options: Object.fromEntries(options),
      answer: value.answer,
      category: given(value.category),
      group: given(value['l2-category'] ?? value.L2_category),
    };
  });
  const ids = new Set(rows.map(({ id }) => id));
  const turned = rows.find(({ question }) => !ids.has(question));
  if (turned !== undefined)
    throw benchError(
      'bench/bad-truth',
      `mmbench: expected row ${turned.question} of the question of row ${turned.id}, got none; give the whole file`,
    );
  return rows;
}

/** The column of images of MMBench's tables. @throws FgamError as {@link readMmbenchTruth} */
export async function readMmbenchImages(paths: readonly string[]): Promise<readonly TableImage[]> {
  const files = await truthFiles(paths);
  const parts = await Promise.all(files.map((file) => readTable(file, ['index', 'image'])));
  return parts.flat().flatMap((row): TableImage[] => {
    const { data: id } = index.safeParse(row['index']);
    return id === undefined ? [] : [{ id, cell: row['image'] ?? '' }];
  });
}

function truthFiles(paths: readonly string[]): Promise<readonly string[]> {
  return listFiles(paths, /^mmbench.*\.(?:tsv|xlsx)$/i, 'mmbench_*.tsv', 'bench/bad-truth');
}

/**
 * Answers to MMBench: a table (XLSX, TSV) with `index` and `prediction` as the leaderboard and VLMEvalKit
 * have it, LLaVA's JSON Lines, lmms-eval's samples.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readMmbenchPredictions(
  paths: readonly string[],
): Promise<readonly PredictedRow<string>[]> {
  const files = await listFiles(paths, /\.(?:xlsx|tsv|csv|jsonl?)$/i, '*.xlsx', 'bench/bad-predictions');
  const parts = await Promise.all(
    files.map((file) => readRows(file, predictionRow, 'bench/bad-predictions')),
  );
  return parts
    .flat()
    .filter(({ value }) => value.round === 0)
    .map(({ value: { id, answer } }) => ({ id, answer }));
}
