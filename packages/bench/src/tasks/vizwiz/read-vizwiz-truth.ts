import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { nameOfQuestion } from '../answers/name-of-question.js';
import { parsePythonTexts } from '../answers/parse-python-texts.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** A question of VizWiz; an image has one, and its name is the id. */
export interface VizWizItem {
  readonly id: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly answerType?: string;
  /** 1 where people could answer. */
  readonly answerable?: 0 | 1;
}

/**
 * Reads the questions of VizWiz's `val.json`, of lmms-eval's or VLMEvalKit's form.
 *
 * @throws FgamError `bench/bad-truth` where a row has another form, as in the test split, which has no answers
 */
export async function readVizWizTruth(paths: readonly string[]): Promise<VizWizItem[]> {
  const files = await listFiles(
    paths,
    /^(?:train|val|VizWiz.*)\.(?:json|tsv)$/i,
    'val.json',
    'bench/bad-truth',
  );
  const items: VizWizItem[] = [];
  for (const file of files) {
    const rows = TABLE_NAME.test(file)
      ? await readTable(file)
      : (await readJsonRecords(file)).records.map(({ value }) => value);
    for (const [place, row] of rows.entries()) {
      const item = isFields(row) ? itemOf(row) : undefined;
      if (item === undefined)
        throw benchError(
          'bench/bad-truth',
          `vizwiz: ${file}: ${nameOfQuestion(place, row, ['image', 'question_id', 'index'])}: expected image, question and answers; name the file of a split with answers`,
        );
      items.push(item);
    }
  }
  return items;
}

function itemOf(row: Fields): VizWizItem | undefined {
  const id = idText(row['image'] ?? row['question_id'] ?? row['index']);
  const { question, answer_type: answerType, answerable } = row;
  const raw = row['answers'] ?? row['answer'];
  const list: unknown = typeof raw === 'string' ? parsePythonTexts(raw) : raw;
  if (id === undefined || typeof question !== 'string' || !Array.isArray(list) || list.length === 0)
    return undefined;
  const answers = (list as readonly unknown[]).map((each) => (isFields(each) ? each['answer'] : each));
  const texts = answers.filter((answer) => typeof answer === 'string');
  if (texts.length < answers.length) return undefined;
  return {
    ...{ id, question, answers: texts },
    ...(typeof answerType === 'string' ? { answerType } : {}),
    ...(answerable === 0 || answerable === 1 ? { answerable } : {}),
  };
}
