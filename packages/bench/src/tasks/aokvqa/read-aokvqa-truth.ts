import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { nameOfQuestion } from '../answers/name-of-question.js';
import { idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** A question of A-OKVQA. */
export interface AokvqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly choices: readonly string[];
  readonly rightChoice: string;
  /**
   * Undefined in files without direct answers, and for questions marked as difficult to answer directly,
   * which that setting leaves out.
   */
  readonly directAnswers?: readonly string[];
}

const LETTERS = ['A', 'B', 'C', 'D'];

/**
 * Reads the annotations of A-OKVQA (`aokvqa_v1p0_val.json`), or VLMEvalKit's table, which has the choices as
 * columns `A` to `D` and no direct answers.
 *
 * @throws FgamError `bench/bad-truth` where a row has another form, as in the test split, which has no answers
 */
export async function readAokvqaTruth(paths: readonly string[]): Promise<AokvqaItem[]> {
  const files = await listFiles(
    paths,
    /^a-?okvqa.*\.(?:json|tsv)$/i,
    'aokvqa_v1p0_val.json',
    'bench/bad-truth',
  );
  const items: AokvqaItem[] = [];
  for (const file of files)
    for (const [place, row] of (await rowsOf(file)).entries()) {
      const item = itemOf(row);
      if (item === undefined)
        throw benchError(
          'bench/bad-truth',
          `aokvqa: ${file}: ${nameOfQuestion(place, row, ['question_id'])}: expected question_id, image_id, question, choices, correct_choice_idx of one of them and no empty list of direct_answers; name the file of a split with answers`,
        );
      items.push(item);
    }
  return items;
}

async function rowsOf(file: string): Promise<readonly unknown[]> {
  if (!TABLE_NAME.test(file)) return (await readJsonRecords(file)).records.map(({ value }) => value);
  return (await readTable(file)).map((row) => {
    const choices = LETTERS.flatMap((letter) => row[letter] ?? []);
    const right = LETTERS.indexOf(row['answer'] ?? '');
    const { index, question } = row;
    return { question_id: index, image_id: index, question, choices, correct_choice_idx: right };
  });
}

function itemOf(row: unknown): AokvqaItem | undefined {
  if (!isFields(row)) return undefined;
  const id = idText(row['question_id']);
  const image = idText(row['image_id']);
  const { question, choices, correct_choice_idx: right, direct_answers: direct } = row;
  if (id === undefined || image === undefined || typeof question !== 'string' || !isTexts(choices))
    return undefined;
  const rightChoice = typeof right === 'number' ? choices[right] : undefined;
  if (rightChoice === undefined) return undefined;
  const isDirect = isTexts(direct) && row['difficult_direct_answer'] !== true;
  // The official script would give every answer to it 0.
  if (isDirect && direct.length === 0) return undefined;
  return { ...{ id, image, question, choices, rightChoice }, ...(isDirect ? { directAnswers: direct } : {}) };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
