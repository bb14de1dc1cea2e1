import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { isFields, readAnswers } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { TABLE_NAME } from '../files/read-table.js';
import type { TextVqaItem } from './read-textvqa-truth.js';

/** Answers, and the questions as they are credited. */
export interface TextVqaAnswers {
  /** Ids of questions; a row of LLaVA's that is joined to none is named by its image and question. */
  readonly predictions: readonly PredictedRow<string>[];
  readonly items: readonly TextVqaItem[];
  /** Questions that have people's answers of a later one of the same image and words. */
  readonly merged: readonly string[];
}

/**
 * Reads answers to TextVQA. LLaVA's lines have the image's id as `question_id` and tell the question by
 * their prompt: they are joined by image and question in lower case, as its evaluation does, which credits
 * all rows of one key by the people's answers of the last question that has it. Other forms have the
 * question's own id.
 *
 * @throws FgamError `bench/bad-predictions`
 */
export async function readTextVqaAnswers(
  paths: readonly string[],
  truth: readonly TextVqaItem[],
): Promise<TextVqaAnswers> {
  const byKey = new Map<string, TextVqaItem[]>();
  for (const item of truth) {
    const key = keyOf(item.image, item.question);
    byKey.set(key, [...(byKey.get(key) ?? []), item]);
  }
  const rowsOfKey = new Map<string, number>();
  const files = await listFiles(
    paths,
    /\.(?:jsonl?|tsv|csv|xlsx)$/i,
    '*.json or *.jsonl',
    'bench/bad-predictions',
  );
  const answers: PredictedRow<string>[] = [];
  for (const file of files) {
    const lines = TABLE_NAME.test(file) ? [] : (await readJsonRecords(file)).records;
    const isLlava = lines.some(({ value }) => isFields(value) && 'prompt' in value && 'text' in value);
    if (!isLlava) {
      answers.push(
        ...(await readAnswers('textvqa', [file], {
          ids: ['question_id'],
          answers: ['answer', 'pred_answer'],
        })),
      );
      continue;
    }
    for (const [place, { value }] of lines.entries()) {
      const row = isFields(value) ? value : {};
      const { question_id: image, prompt, text } = row;
      const question = typeof prompt === 'string' ? questionOf(prompt) : undefined;
      if (typeof image !== 'string' || question === undefined || typeof text !== 'string')
        throw benchError(
          'bench/bad-predictions',
          `textvqa: ${file}: row ${place + 1}: expected question_id, a prompt of LLaVA's form and text; repair the row or name another file`,
        );
      const key = keyOf(image, question);
      // Which of several questions gets which of their rows is all one: their truth is the same.
      const before = rowsOfKey.get(key) ?? 0;
      rowsOfKey.set(key, before + 1);
      const same = byKey.get(key) ?? [];
      answers.push({ id: (same[before] ?? same.at(-1))?.id ?? key, answer: text });
    }
  }
  const lastOf = ({ image, question }: TextVqaItem): TextVqaItem | undefined => {
    const key = keyOf(image, question);
    return rowsOfKey.has(key) ? byKey.get(key)?.at(-1) : undefined;
  };
  return {
    predictions: answers,
    items: truth.map((item) => ({ ...item, answers: (lastOf(item) ?? item).answers })),
    merged: truth.filter((item) => (lastOf(item) ?? item) !== item).map(({ id }) => id),
  };
}

function keyOf(image: string, question: string): string {
  return `${image}: ${question.toLowerCase()}`;
}

/**
 * The question in a prompt of LLaVA: its line beside the OCR tokens and the instruction;
 * undefined for another form.
 */
function questionOf(prompt: string): string | undefined {
  if (prompt.startsWith('OCR tokens: ')) return /Question: (.*?) Short answer:/s.exec(prompt)?.[1];
  const lines = prompt.split('\n');
  if (lines.length === 3 && prompt.includes('Reference OCR token: '))
    return prompt.startsWith('Reference OCR token:') ? lines[1] : lines[0];
  return lines.length === 2 ? lines[0] : undefined;
}
