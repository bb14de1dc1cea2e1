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
  /** Empty where the answer is about no place. */
  readonly boxes: readonly BoxUnit[];
  /** Of the image in pixels, where boxes are in pixels. */
  readonly size?: readonly [number, number];
  readonly type?: string;
}

/** What a model answered; the box is undefined where it gave none or one that is no box. */
export interface GvqaAnswer {
  readonly answer: string;
  readonly box: BoxUnit | undefined;
}

/**
 * Reads questions with boxes as `[x0, y0, x1, y1]`: in 0..1, or in pixels where the row has `width` and `height`.
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
  const { question, width, height, type } = row;
  const answers = [row['answers'] ?? row['answer']].flat().filter((each) => typeof each === 'string');
  const size =
    typeof width === 'number' && typeof height === 'number' ? ([width, height] as const) : undefined;
  const given = Array.isArray(row['boxes'])
    ? (row['boxes'] as readonly unknown[])
    : isThere(row['box'])
      ? [row['box']]
      : [];
  const boxes = given.flatMap((each) => boxOf(each, size) ?? []);
  if (
    id === undefined ||
    image === undefined ||
    typeof question !== 'string' ||
    answers.length === 0 ||
    boxes.length < given.length
  )
    throw benchError(
      'bench/bad-truth',
      `${where}: expected id, image, question, answer and a box [x0, y0, x1, y1] in 0..1 (pixels with width and height), got another row; repair it`,
    );
  return {
    ...{ id, image, question, answers, boxes },
    ...(size === undefined ? {} : { size }),
    ...(typeof type === 'string' ? { type } : {}),
  };
}

/**
 * Reads answers with a box each, in the unit of the question's truth.
 *
 * @throws FgamError `bench/bad-predictions` where a row has no id or answer
 */
export async function readGvqaAnswers(
  paths: readonly string[],
  items: readonly GvqaItem[],
): Promise<PredictedRow<GvqaAnswer>[]> {
  const sizes = new Map(items.map(({ id, size }) => [id, size]));
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
      rows.push({ id, answer: { answer, box: boxOf(row['box'], sizes.get(id)) } });
    }
  return rows;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A box in 0..1; undefined where a value is no box: not four finite numbers, or without a surface. */
function boxOf(value: unknown, size: readonly [number, number] | undefined): BoxUnit | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [width, height] = size ?? [1, 1];
  const [x0, y0, x1, y1] = (value as readonly unknown[]).map((each) =>
    typeof each === 'number' ? each : Number.NaN,
  );
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return undefined;
  const box = { x0: x0 / width, y0: y0 / height, x1: x1 / width, y1: y1 / height };
  return box.x1 > box.x0 && box.y1 > box.y0 && Object.values(box).every(Number.isFinite) ? box : undefined;
}
