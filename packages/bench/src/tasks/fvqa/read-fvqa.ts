import { readJsonRecords } from '@fgam/data';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';

/** A question of FVQA. */
export interface FvqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  /** Where the fact is from: `conceptnet`, `webchild`, `dbpedia`. */
  readonly source?: string;
}

/** The questions, and the folder with WordNet's files where one is given. */
export interface FvqaTruth {
  readonly items: readonly FvqaItem[];
  readonly wordNet?: string;
}

/**
 * Reads `all_qs_dict_release.json` (or the part of it that is a split), and finds the folder among the paths
 * that has WordNet's `data.noun`.
 *
 * @throws FgamError `bench/bad-truth` where a question has another form
 */
export async function readFvqaTruth(paths: readonly string[]): Promise<FvqaTruth> {
  const wordNet: string[] = [];
  const others: string[] = [];
  for (const path of paths) ((await isThere(join(path, 'data.noun'))) ? wordNet : others).push(path);
  const files = await listFiles(others, /qs_dict.*\.json$/i, 'all_qs_dict_release.json', 'bench/bad-truth');
  const items: FvqaItem[] = [];
  for (const file of files)
    for (const { value } of (await readJsonRecords(file)).records) {
      if (!isFields(value)) throw badTruth(file, 'the file');
      // The official file is an object of questions by id.
      const rows =
        'question' in value ? [[idText(value['question_id']) ?? '', value] as const] : Object.entries(value);
      for (const [id, row] of rows) items.push(itemOf(id, row) ?? refuse(file, id));
    }
  const [folder] = wordNet;
  return { items, ...(folder === undefined ? {} : { wordNet: folder }) };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function itemOf(key: string, row: unknown): FvqaItem | undefined {
  if (!isFields(row)) return undefined;
  const id = idText(row['question_id']) ?? key;
  const image = idText(row['img_file'] ?? row['image']);
  const { question, answer, kb_source: source } = row;
  if (id === '' || image === undefined || typeof question !== 'string' || typeof answer !== 'string')
    return undefined;
  return {
    ...{ id, image: basename(image), question, answer },
    ...(typeof source === 'string' ? { source } : {}),
  };
}

function refuse(file: string, id: string): never {
  throw badTruth(file, `question ${id}`);
}

function badTruth(file: string, place: string): Error {
  return benchError(
    'bench/bad-truth',
    `fvqa: ${file}: ${place}: expected question_id, img_file, question and answer; name the official all_qs_dict_release.json`,
  );
}

/**
 * Reads ranked answers, the best first: `{question_id: [answer, ...]}`, or rows with `answers` or `answer`;
 * LLaVA and lmms-eval give one answer a question.
 *
 * @throws FgamError `bench/bad-predictions` that names the row
 */
export async function readFvqaAnswers(paths: readonly string[]): Promise<PredictedRow<readonly string[]>[]> {
  const answers: PredictedRow<readonly string[]>[] = [];
  for (const file of await listFiles(paths, /\.jsonl?$/i, '*.json or *.jsonl', 'bench/bad-predictions'))
    for (const { value } of (await readJsonRecords(file)).records)
      for (const [id, given] of entriesOf(value)) {
        const texts = [given].flat().filter((each): each is string => typeof each === 'string');
        if (id === undefined || texts.length === 0 || texts.length < [given].flat().length)
          throw benchError(
            'bench/bad-predictions',
            `fvqa: ${file}: ${id ?? 'a row'}: expected question_id and answers as texts, the best first; repair the row`,
          );
        answers.push({ id, answer: texts });
      }
  return answers;
}

function entriesOf(value: unknown): (readonly [string | undefined, unknown])[] {
  if (!isFields(value)) return [[undefined, undefined]];
  if ('doc' in value) {
    const doc: Fields = isFields(value['doc']) ? value['doc'] : {};
    return [[idText(doc['question_id']), [value['filtered_resps'] ?? value['resps']].flat(3)[0]]];
  }
  if (!('question_id' in value)) return Object.entries(value);
  return [[idText(value['question_id']), value['answers'] ?? value['answer'] ?? value['text']]];
}
