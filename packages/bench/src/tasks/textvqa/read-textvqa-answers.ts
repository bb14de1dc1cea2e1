import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { isFields, readAnswers } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { TABLE_NAME } from '../files/read-table.js';
import type { TextVqaItem } from './read-textvqa-truth.js';

/**
 * Reads answers to TextVQA. LLaVA's lines have the image's id as `question_id` and tell the question by
 * their prompt: they are joined by image and question in lower case, as its evaluation does. Other forms
 * have the question's own id.
 *
 * @returns ids of questions; a row of LLaVA's that is joined to none is named by its image and question
 * @throws FgamError `bench/bad-predictions`
 */
export async function readTextVqaAnswers(
  paths: readonly string[],
  items: readonly TextVqaItem[],
): Promise<PredictedRow<string>[]> {
  const byQuestion = new Map(items.map(({ id, image, question }) => [keyOf(image, question), id]));
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
      answers.push({ id: byQuestion.get(key) ?? key, answer: text });
    }
  }
  return answers;
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
