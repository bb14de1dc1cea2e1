import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';

/** A question of A-OKVQA. */
export interface AokvqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly choices: readonly string[];
  readonly rightChoice: string;
  /** Undefined in files without direct answers, and for questions marked as difficult to answer directly, which that setting leaves out. */
  readonly directAnswers?: readonly string[];
}

/**
 * Reads the annotations of A-OKVQA (`aokvqa_v1p0_val.json`).
 *
 * @throws FgamError `bench/bad-truth` where a row has another form, as in the test split, which has no answers
 */
export async function readAokvqaTruth(paths: readonly string[]): Promise<AokvqaItem[]> {
  const files = await listFiles(paths, /^aokvqa_.*\.json$/i, 'aokvqa_v1p0_val.json', 'bench/bad-truth');
  const items: AokvqaItem[] = [];
  for (const file of files)
    for (const [place, { value }] of (await readJsonRecords(file)).records.entries()) {
      const item = itemOf(value);
      if (item === undefined)
        throw benchError(
          'bench/bad-truth',
          `aokvqa: ${file}: question ${place + 1}: expected question_id, image_id, question, choices and correct_choice_idx of one of them; name the file of a split with answers`,
        );
      items.push(item);
    }
  return items;
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
  return { ...{ id, image, question, choices, rightChoice }, ...(isDirect ? { directAnswers: direct } : {}) };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
