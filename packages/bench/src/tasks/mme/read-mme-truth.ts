import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { benchError } from '../../error.js';
import { readRows } from '../files/read-rows.js';
import { mmeQuestionId } from './mme-question-id.js';
import { MME_TASK_NAMES } from './mme-tasks.js';
import { readMmeLines } from './read-mme-lines.js';

/** A question of MME: each image of a task has two, one to be answered by yes and one by no. */
export interface MmeQuestion {
  readonly id: string;
  readonly task: string;
  readonly image: string;
  readonly question: string;
  readonly answer: 'yes' | 'no';
}

/** lmms-eval's data set and VLMEvalKit's table. */
const row = z.union([
  z.object({ question_id: z.string(), category: z.string(), question: z.string(), answer: z.string() }),
  z
    .object({ image_path: z.string(), category: z.string(), question: z.string(), answer: z.string() })
    .transform((each) => ({ ...each, question_id: each.image_path })),
]);

type Fields = Pick<MmeQuestion, 'task' | 'image' | 'question'> & { readonly answer: string };

/**
 * MME's questions: from the tasks' result files `<task>.txt` (their third field), from the released data (a
 * folder a task, with `questions_answers_YN/<image>.txt` or the same files beside the images), or from
 * lmms-eval's or VLMEvalKit's rows.
 *
 * @throws FgamError `bench/bad-truth` for another format, an unknown task, a truth that is neither yes nor
 * no, an image without two questions
 */
export async function readMmeTruth(paths: readonly string[]): Promise<readonly MmeQuestion[]> {
  const questions: MmeQuestion[] = [];
  for (const path of paths)
    for (const fields of await fieldsOf(path)) {
      const { task, image, question } = fields;
      const answer = fields.answer.trim().toLowerCase().replace('.', '');
      if (!MME_TASK_NAMES.includes(task) || (answer !== 'yes' && answer !== 'no'))
        throw benchError(
          'bench/bad-truth',
          `${path}: expected a task of MME and a truth of yes or no, got ${task} and ${fields.answer} (${image}); check that it is the right file`,
        );
      questions.push({ id: mmeQuestionId(task, image, question), task, image, question, answer });
    }
  const asked = new Map<string, number>();
  for (const { task, image } of questions)
    asked.set(`${task}/${image}`, (asked.get(`${task}/${image}`) ?? 0) + 1);
  for (const [image, count] of asked)
    if (count !== 2)
      throw benchError(
        'bench/bad-truth',
        `mme: expected two questions an image, got ${count} of ${image}; MME's acc+ is over pairs, give the whole file`,
      );
  return questions;
}

async function fieldsOf(path: string): Promise<Fields[]> {
  if (await isFolder(path)) return ofFolder(path);
  if (!path.toLowerCase().endsWith('.txt'))
    return (await readRows(path, row, 'bench/bad-truth')).map(({ value }) => ({
      ...{ task: value.category, image: value.question_id, question: value.question, answer: value.answer },
    }));
  return (await readMmeLines(path, 'bench/bad-truth')).map(({ truth, ...line }) => ({
    ...line,
    answer: truth,
  }));
}

async function ofFolder(folder: string): Promise<Fields[]> {
  const names = await readdir(folder);
  const files = MME_TASK_NAMES.filter((task) => names.includes(`${task}.txt`));
  const folders = MME_TASK_NAMES.filter((task) => names.includes(task));
  if (files.length === 0 && folders.length === 0)
    throw benchError(
      'bench/bad-truth',
      `${folder}: expected existence.txt and MME's other files, or a folder a task, got neither; name the folder that holds them`,
    );
  const parts =
    files.length > 0
      ? files.map((task) => fieldsOf(join(folder, `${task}.txt`)))
      : folders.map((task) => ofRelease(join(folder, task), task));
  return (await Promise.all(parts)).flat();
}

/** A task of the released data: a file of two questions an image, beside the images or in a folder of their own. */
async function ofRelease(folder: string, task: string): Promise<Fields[]> {
  const inner = join(folder, 'questions_answers_YN');
  const place = (await isFolder(inner)) ? inner : folder;
  const names = (await readdir(place)).filter((name) => name.endsWith('.txt')).sort();
  const parts = names.map(async (name): Promise<Fields[]> => {
    const lines = (await readFile(join(place, name), 'utf8'))
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines.map((line) => {
      const [question = '', answer = ''] = line.split('\t');
      return { task, image: basename(name, '.txt'), question, answer };
    });
  });
  return (await Promise.all(parts)).flat();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there: whoever opens it as a file says so.
    return false;
  }
}
