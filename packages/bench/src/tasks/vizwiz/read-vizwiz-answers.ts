import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { type Fields, idText, isFields, readAnswers } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { TABLE_NAME } from '../files/read-table.js';
import type { VizWizItem } from './read-vizwiz-truth.js';

/** What a file of predictions says: answers, chances that a question can be answered, or both in one row. */
export interface VizWizAnswers {
  readonly answers: readonly PredictedRow<string>[];
  readonly answerable: readonly PredictedRow<number>[];
}

/**
 * Reads predictions of both tasks of VizWiz: rows with `answer` and rows with `answerable`, 0..1. lmms-eval's
 * ids are names without `.jpg`.
 *
 * @throws FgamError `bench/bad-predictions`
 */
export async function readVizWizAnswers(
  paths: readonly string[],
  items: readonly VizWizItem[],
): Promise<VizWizAnswers> {
  const known = new Set(items.map(({ id }) => id));
  const idOf = (id: string): string => (!known.has(id) && known.has(`${id}.jpg`) ? `${id}.jpg` : id);
  const answers = await readAnswers('vizwiz', paths, {
    ids: ['image', 'question_id'],
    answers: ['answer'],
    isOther: (row) => 'answerable' in row && !('answer' in row),
    idOf,
  });
  const answerable: PredictedRow<number>[] = [];
  for (const file of await listFiles(paths, /\.jsonl?$/i, '*.json', 'bench/bad-predictions')) {
    if (TABLE_NAME.test(file)) continue;
    for (const { value } of (await readJsonRecords(file)).records)
      if (isFields(value) && 'answerable' in value && !('doc' in value))
        answerable.push(chanceOf(value, file));
  }
  return { answers, answerable };
}

function chanceOf(row: Fields, file: string): PredictedRow<number> {
  const id = idText(row['image']);
  const chance = row['answerable'];
  if (id === undefined || typeof chance !== 'number' || !(chance >= 0 && chance <= 1))
    throw benchError(
      'bench/bad-predictions',
      `vizwiz: ${file}: ${id ?? 'a row'}: expected image and answerable of 0..1, got ${JSON.stringify(chance)}; give a chance`,
    );
  return { id, answer: chance };
}
