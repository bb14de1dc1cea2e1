import { basename } from 'node:path';
import { z } from 'zod';
import type { PredictedRow } from '../align-rows.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';

/** Whose rules. */
export type SugarcrepeDialect = 'official' | 'fgam-letters';

/** An image with its caption and a false one. */
export interface SugarcrepeItem {
  /** `add_att/12`: ids are each file's own. */
  readonly id: string;
  /** Such as `add_att`. */
  readonly type: string;
  readonly image: string;
  readonly caption: string;
  readonly negative: string;
}

/** How well each caption fits the image. */
export interface SugarcrepeScores {
  readonly positive: number;
  readonly negative: number;
}

const truthRow = z.object({
  id: z.string(),
  filename: z.string(),
  caption: z.string(),
  negative_caption: z.string(),
});

const answerRow = {
  official: z
    .object({ id: z.string(), positive: z.number(), negative: z.number() })
    .transform(({ id, ...answer }) => ({ id, answer })),
  'fgam-letters': z
    .object({ question_id: z.string(), text: z.string() })
    .transform((row) => ({ id: row.question_id, answer: row.text })),
} as const;

/**
 * SugarCrepe's files, one a type of false caption: `{"0": {filename, caption, negative_caption}}`.
 *
 * @throws FgamError `bench/bad-truth` for another format
 */
export async function readSugarcrepeTruth(paths: readonly string[]): Promise<readonly SugarcrepeItem[]> {
  const files = await listFiles(
    paths,
    /^(?:add|replace|swap)_(?:att|obj|rel)\.json$/i,
    'add_att.json and so on',
    'bench/bad-truth',
  );
  const parts = files.map(async (file): Promise<SugarcrepeItem[]> => {
    const type = basename(file, '.json');
    return (await readRows(file, truthRow, 'bench/bad-truth', rowsById)).map(({ value }) => ({
      id: `${type}/${value.id}`,
      type,
      image: value.filename,
      caption: value.caption,
      negative: value.negative_caption,
    }));
  });
  return (await Promise.all(parts)).flat();
}

function rowsById(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.entries(value).map(([id, row]: [string, unknown]) =>
    typeof row === 'object' ? { id, ...row } : row,
  );
}

/**
 * Scores `{id: add_att/12, positive, negative}`, or texts `{question_id, text}`.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readSugarcrepeAnswers(
  paths: readonly string[],
  dialect: SugarcrepeDialect,
): Promise<readonly PredictedRow<SugarcrepeScores | string>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.jsonl', 'bench/bad-predictions');
  const parts = files.map(async (file): Promise<PredictedRow<SugarcrepeScores | string>[]> => {
    if (dialect === 'official')
      return (await readRows(file, answerRow.official, 'bench/bad-predictions')).map(({ value }) => value);
    return (await readRows(file, answerRow['fgam-letters'], 'bench/bad-predictions')).map(
      ({ value }) => value,
    );
  });
  return (await Promise.all(parts)).flat();
}
