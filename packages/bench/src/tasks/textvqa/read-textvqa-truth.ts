import { readJson } from '@fgam/data';
import { benchError } from '../../error.js';
import { nameOfQuestion } from '../answers/name-of-question.js';
import { parsePythonTexts } from '../answers/parse-python-texts.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** A question of TextVQA with what ten people answered. */
export interface TextVqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly answers: readonly string[];
  /** What an OCR system read in the image, where the file has it. */
  readonly ocrTokens: readonly string[];
  /** Of files that were made like VQA's; the official one has none. */
  readonly answerType?: string;
}

/** Answers that the evaluator asks for. */
const PEOPLE = 10;

/**
 * Reads the questions of `TextVQA_0.5.1_val.json`, or of VLMEvalKit's table, whose `answer` is a Python list.
 *
 * @throws FgamError `bench/bad-truth` where a row has another form or not exactly ten answers
 */
export async function readTextVqaTruth(paths: readonly string[]): Promise<TextVqaItem[]> {
  const files = await listFiles(
    paths,
    /^TextVQA_.*\.(?:json|tsv)$/i,
    'TextVQA_0.5.1_val.json',
    'bench/bad-truth',
  );
  const items: TextVqaItem[] = [];
  for (const file of files)
    for (const [place, row] of (await rowsOf(file)).entries()) {
      const item = isFields(row) ? itemOf(row) : undefined;
      if (item === undefined)
        throw benchError(
          'bench/bad-truth',
          `textvqa: ${file}: ${nameOfQuestion(place, row, ['question_id', 'index'])}: expected question_id, image_id, question and ${PEOPLE} answers; name the file of a split with answers`,
        );
      items.push(item);
    }
  return items;
}

async function rowsOf(file: string): Promise<readonly unknown[]> {
  if (TABLE_NAME.test(file)) return readTable(file);
  const value = await readJson(file);
  const rows = isFields(value) ? value['data'] : value;
  if (!Array.isArray(rows))
    throw benchError(
      'bench/bad-truth',
      `textvqa: ${file}: expected an object with data, got another; name TextVQA_0.5.1_val.json`,
    );
  return rows as readonly unknown[];
}

function itemOf(row: Fields): TextVqaItem | undefined {
  const id = idText(row['question_id'] ?? row['index']);
  const image = idText(row['image_id'] ?? row['image_path'] ?? row['index']);
  const answers = textsOf(row['answers'] ?? row['answer']);
  if (id === undefined || image === undefined || typeof row['question'] !== 'string') return undefined;
  if (answers?.length !== PEOPLE) return undefined;
  const answerType = row['answer_type'];
  return {
    ...{ id, image, question: row['question'], answers, ocrTokens: textsOf(row['ocr_tokens']) ?? [] },
    ...(typeof answerType === 'string' ? { answerType } : {}),
  };
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list: unknown = typeof value === 'string' ? parsePythonTexts(value) : value;
  if (!Array.isArray(list)) return undefined;
  const texts = (list as readonly unknown[]).filter((text) => typeof text === 'string');
  return texts.length === list.length ? texts : undefined;
}
