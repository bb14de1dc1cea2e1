import { type BoxUnit, readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';

/** A question whose answer may be about boxes. */
export interface GvqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly answers: readonly string[];
  /** In the file's unit, which IoU does not depend on; empty where the answer is about no place. */
  readonly boxes: readonly BoxUnit[];
  readonly type?: string;
}

/** What a model answered; the box is undefined where it gave none or one that is no box. */
export interface GvqaAnswer {
  readonly answer: string;
  readonly box: BoxUnit | undefined;
}

/**
 * Reads questions with boxes as `[x0, y0, x1, y1]`, in pixels or in fractions of the image.
 *
 * @throws FgamError `bench/bad-truth` where a row has another form or a box is none
 */
export async function readGvqaTruth(paths: readonly string[]): Promise<GvqaItem[]> {
  const items: GvqaItem[] = [];
  for (const file of await listFiles(paths, /\.jsonl?$/i, '*.json or *.jsonl', 'bench/bad-truth'))
    for (const [place, { value }] of (await readJsonRecords(file)).records.entries())
      items.push(itemOf(isFields(value) ? value : {}, `gvqa: ${file}: row ${place + 1}`));
  return items;
}

function itemOf(row: Fields, where: string): GvqaItem {
  const id = idText(row['id'] ?? row['question_id']);
  const image = idText(row['image']);
  const { question, type } = row;
  const answers = [row['answers'] ?? row['answer']].flat().filter((each) => typeof each === 'string');
  const given = Array.isArray(row['boxes'])
    ? (row['boxes'] as readonly unknown[])
    : isThere(row['box'])
      ? [row['box']]
      : [];
  const boxes = given.flatMap((each) => boxOf(each) ?? []);
  if (
    id === undefined ||
    image === undefined ||
    typeof question !== 'string' ||
    answers.length === 0 ||
    boxes.length < given.length
  )
    throw benchError(
      'bench/bad-truth',
      `${where}: expected id, image, question, answer and a box [x0, y0, x1, y1] of a surface, got another row; repair it`,
    );
  return {
    ...{ id, image, question, answers, boxes },
    ...(typeof type === 'string' ? { type } : {}),
  };
}

/**
 * Reads answers with a box each, in the unit of the truth.
 *
 * @throws FgamError `bench/bad-predictions` where a row has no id or answer
 */
export async function readGvqaAnswers(paths: readonly string[]): Promise<PredictedRow<GvqaAnswer>[]> {
  const rows: PredictedRow<GvqaAnswer>[] = [];
  for (const file of await listFiles(paths, /\.jsonl?$/i, '*.json or *.jsonl', 'bench/bad-predictions'))
    for (const [place, { value }] of (await readJsonRecords(file)).records.entries()) {
      const row = isFields(value) ? value : {};
      const id = idText(row['id'] ?? row['question_id']);
      const answer = row['answer'] ?? row['text'];
      if (id === undefined || typeof answer !== 'string')
        throw benchError(
          'bench/bad-predictions',
          `gvqa: ${file}: row ${place + 1}: expected id, answer as a text and box [x0, y0, x1, y1], got another row; repair it`,
        );
      rows.push({ id, answer: { answer, box: boxOf(row['box']) } });
    }
  return rows;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A box; undefined where a value is none: not four finite numbers, or without a surface. */
function boxOf(value: unknown): BoxUnit | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const numbers = (value as readonly unknown[]).filter((each): each is number => Number.isFinite(each));
  const [x0, y0, x1, y1] = numbers;
  return x0 !== undefined && y0 !== undefined && x1 !== undefined && y1 !== undefined && x1 > x0 && y1 > y0
    ? { x0, y0, x1, y1 }
    : undefined;
}
