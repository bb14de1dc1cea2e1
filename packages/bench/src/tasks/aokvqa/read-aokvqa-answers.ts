import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { type Fields, isFields, readAnswers } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { TABLE_NAME } from '../files/read-table.js';

/** Answers of both settings. */
export interface AokvqaAnswers {
  readonly multipleChoice: readonly PredictedRow<string>[];
  readonly directAnswer: readonly PredictedRow<string>[];
}

/**
 * Reads predictions of A-OKVQA: the leaderboard's
 * `{question_id: {multiple_choice, direct_answer}}`; `{question_id: answer}`, as its script takes
 * them, and the rows of other toolkits: those answers count in both settings.
 *
 * @throws FgamError `bench/bad-predictions`
 */
export async function readAokvqaAnswers(paths: readonly string[]): Promise<AokvqaAnswers> {
  const multipleChoice: PredictedRow<string>[] = [];
  const directAnswer: PredictedRow<string>[] = [];
  for (const file of await listFiles(
    paths,
    /\.(?:jsonl?|tsv|csv|xlsx)$/i,
    '*.json',
    'bench/bad-predictions',
  )) {
    const byId = TABLE_NAME.test(file) ? undefined : await answersById(file);
    if (byId === undefined) {
      const rows = await readAnswers('aokvqa', [file], {
        ids: ['question_id'],
        answers: ['answer', 'prediction'],
      });
      for (const row of rows) {
        multipleChoice.push(row);
        directAnswer.push(row);
      }
      continue;
    }
    for (const [id, value] of Object.entries(byId)) {
      const both = isFields(value) ? value : { multiple_choice: value, direct_answer: value };
      const { multiple_choice: chosen, direct_answer: said } = both;
      if (typeof chosen === 'string') multipleChoice.push({ id, answer: chosen });
      if (typeof said === 'string') directAnswer.push({ id, answer: said });
      if (typeof chosen !== 'string' && typeof said !== 'string')
        throw benchError(
          'bench/bad-predictions',
          `aokvqa: ${file}: ${id}: expected multiple_choice or direct_answer as a text, got ${JSON.stringify(value)}; repair the row`,
        );
    }
  }
  return { multipleChoice, directAnswer };
}

/** The one object of a file that has answers by id; undefined for rows. */
async function answersById(file: string): Promise<Fields | undefined> {
  const { records } = await readJsonRecords(file);
  const [only] = records;
  const isById =
    records.length === 1 && isFields(only?.value) && !('question_id' in only.value) && !('doc' in only.value);
  return isById ? only.value : undefined;
}
