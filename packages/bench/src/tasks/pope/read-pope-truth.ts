import { basename } from 'node:path';
import { z } from 'zod';
import { benchError } from '../../error.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';

/** A question of POPE. */
export interface PopeQuestion {
  /** `popular/12`: ids are each split's own. */
  readonly id: string;
  readonly split: string;
  readonly questionId: string;
  readonly image: string;
  readonly text: string;
  readonly label: 'yes' | 'no';
}

/** The splits in the order of the paper. */
export const POPE_SPLITS = ['random', 'popular', 'adversarial'] as const;

const label = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.enum(['yes', 'no']));

/** The official files; lmms-eval's data set (`category`); VLMEvalKit's table, where a row may be of several splits. */
const truthRow = z.union([
  z.object({
    question_id: idText,
    image: z.string(),
    text: z.string(),
    label,
    category: z.string().optional(),
  }),
  z
    .object({
      question_id: idText,
      question: z.string(),
      answer: label,
      category: z.string().optional(),
      image_source: z.string(),
    })
    .transform((row) => ({ ...row, text: row.question, label: row.answer, image: row.image_source })),
  z
    .object({
      index: idText,
      question: z.string(),
      answer: label,
      category: z.string(),
      image_path: z.string().optional(),
    })
    .transform((row) => ({
      question_id: row.index,
      text: row.question,
      label: row.answer,
      image: row.image_path ?? row.index,
      category: row.category,
    })),
]);

const OFFICIAL_NAME = /^(?:[a-z]+_)?pope_(?:random|popular|adversarial)\.jsonl?$/i;

/**
 * Questions of the truth files, split by split: the split is in the rows or in the file's name.
 *
 * @throws FgamError `bench/bad-truth` for another format, or two files of one split
 */
export async function readPopeTruth(paths: readonly string[]): Promise<readonly PopeQuestion[]> {
  const files = await listFiles(
    paths,
    OFFICIAL_NAME,
    '*_pope_{random,popular,adversarial}.json',
    'bench/bad-truth',
  );
  const fileOf = new Map<string, string>();
  const questions: PopeQuestion[] = [];
  for (const file of files) {
    const named = POPE_SPLITS.find((split) => basename(file).toLowerCase().includes(split));
    for (const { value } of await readRows(file, truthRow, 'bench/bad-truth')) {
      for (const split of (value.category ?? named ?? basename(file).replace(/\.\w+$/, '')).split(',')) {
        // It becomes a part of file names.
        if (!/^\w[\w.-]*$/.test(split))
          throw benchError(
            'bench/bad-truth',
            `${file}: expected names of splits in letters, digits, dots and dashes, got ${JSON.stringify(split)}; check the column category`,
          );
        const other = fileOf.get(split) ?? file;
        if (other !== file)
          throw benchError(
            'bench/bad-truth',
            `pope: expected one file a split, got ${other} and ${file} for ${split}; score one data set at a time`,
          );
        fileOf.set(split, file);
        questions.push({
          id: `${split}/${value.question_id}`,
          split,
          questionId: value.question_id,
          image: value.image,
          text: value.text,
          label: value.label,
        });
      }
    }
  }
  return questions;
}
