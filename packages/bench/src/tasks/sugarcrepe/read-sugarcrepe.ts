import { basename } from 'node:path';
import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { idText } from '../files/id-text.js';
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

/** A type of false captions in a file's name. */
const TYPE = /(?:add|replace|swap)_(?:att|obj|ent|rel)/g;

const truthRow = z.object({
  id: idText,
  filename: z.string(),
  caption: z.string(),
  negative_caption: z.string(),
});

const answerRow = {
  official: z.union([
    z
      .object({ id: idText, positive: z.number(), negative: z.number() })
      .transform(({ id, ...answer }) => ({ id, answer })),
    // The authors' results of GPT-4V say which pairs are right.
    z.object({ id: idText, correct: z.boolean() }).transform(({ id, correct }) => ({
      id,
      answer: { positive: correct ? 1 : 0, negative: correct ? 0 : 1 },
    })),
  ]),
  'fgam-letters': z
    .object({ question_id: idText, text: z.string() })
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
    /^(?:add|replace|swap)_(?:att|obj|ent|rel)\.json$/i,
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

/** An object of rows by id as rows with ids; another object is a row. */
function rowsById(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  const entries: [string, unknown][] = Object.entries(value);
  const isById = entries.length > 0 && entries.every(([, row]) => typeof row === 'object' && row !== null);
  return isById
    ? entries.map(([id, row]) => ({ id, question_id: id, ...(typeof row === 'object' ? row : {}) }))
    : [value];
}

/**
 * Scores `{id: add_att/12, positive, negative}`, verdicts `{id, correct}`, or texts `{question_id, text}`;
 * also an object of such rows by id. An id alone (`12`) is of the type that the file is named for
 * (`clip-add_att.json`), or of the only one there is.
 *
 * @param types - of the truth
 * @throws FgamError `bench/bad-predictions` for another format, or where nothing tells the type of an id
 */
export async function readSugarcrepeAnswers(
  paths: readonly string[],
  dialect: SugarcrepeDialect,
  types: readonly string[],
): Promise<readonly PredictedRow<SugarcrepeScores | string>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.jsonl', 'bench/bad-predictions');
  const parts = files.map(async (file): Promise<PredictedRow<SugarcrepeScores | string>[]> => {
    const rows: readonly { readonly value: PredictedRow<SugarcrepeScores | string> }[] =
      dialect === 'official'
        ? await readRows(file, answerRow.official, 'bench/bad-predictions', rowsById)
        : await readRows(file, answerRow['fgam-letters'], 'bench/bad-predictions', rowsById);
    const named = [...new Set(basename(file).toLowerCase().match(TYPE))];
    // A file of another type than the truth's is none of the only one there is: its rows are then unknown.
    const [own, ...others] = named.length > 0 ? named : types;
    return rows.map(({ value: { id, answer } }) => {
      if (id.includes('/')) return { id, answer };
      if (own !== undefined && others.length === 0) return { id: `${own}/${id}`, answer };
      throw benchError(
        'bench/bad-predictions',
        `sugarcrepe: ${file}: expected ids as add_att/12 where several types are scored, got ${id}; name the file for its type (add_att.json)`,
      );
    });
  });
  return (await Promise.all(parts)).flat();
}
