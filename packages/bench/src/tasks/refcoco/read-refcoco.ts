import { basename } from 'node:path';
import { z } from 'zod';
import { benchError } from '../../error.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { lmmsEvalRow } from '../files/lmms-eval-row.js';
import { readRows } from '../files/read-rows.js';

/** Corners in pixels: left, top, right, bottom. */
export type PixelCorners = readonly [number, number, number, number];

/** An expression and the box of what it refers to. */
export interface RefcocoItem {
  /** Of the sentence. */
  readonly id: string;
  readonly image: string;
  readonly split: string;
  readonly sentence: string;
  readonly box: PixelCorners;
  readonly width: number;
  readonly height: number;
}

/** What a model answered: a box in pixels, or a text in which one stands. */
export type RefcocoAnswer = PixelCorners | string;

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const reference = z.object({
  ref_id: idText,
  ann_id: idText,
  image_id: idText,
  split: z.string(),
  sentences: z.array(z.object({ sent: z.string(), sent_id: idText })).min(1),
});

/** One row an expression, as Qwen-VL's and others' evaluations have them, with an id; corners in pixels. */
const flatRow = z.object({
  question_id: idText,
  image: z.string(),
  sent: z.string(),
  bbox: box,
  width: z.number().positive(),
  height: z.number().positive(),
  split: z.string().default('all'),
});

const instances = z.object({
  images: z.array(
    z.object({
      id: idText,
      file_name: z.string(),
      width: z.number().positive(),
      height: z.number().positive(),
    }),
  ),
  annotations: z.array(z.object({ id: idText, bbox: box })),
});

const answerRow = z.union([
  z.object({ sent_id: idText, bbox: box }).transform((row) => ({ id: row.sent_id, answer: row.bbox })),
  z
    .object({ question_id: idText, bbox: box })
    .transform((row) => ({ id: row.question_id, answer: row.bbox })),
  z
    .object({ question_id: idText, text: z.string() })
    .transform((row) => ({ id: row.question_id, answer: row.text })),
  lmmsEvalRow(z.object({ question_id: idText })).transform(({ doc, answer }) => ({
    id: doc.question_id,
    answer,
  })),
]);

/** Training expressions are never asked. */
const TRAINING = 'train';

/**
 * Expressions with their boxes: `refs*.json` (the official pickle as JSON) with `instances.json`, or rows
 * with an id, one an expression.
 *
 * @throws FgamError `bench/bad-truth` for another format, or a reference whose object or image is not in the instances
 */
export async function readRefcocoTruth(paths: readonly string[]): Promise<readonly RefcocoItem[]> {
  const files = await listFiles(
    paths,
    /^(?:refs.*|instances)\.json$/i,
    'refs*.json and instances.json',
    'bench/bad-truth',
  );
  const isInstances = (file: string) => basename(file).toLowerCase().startsWith('instances');
  const [refs, rest] = [files.filter((file) => !isInstances(file)), files.filter(isInstances)];
  const [instancesFile] = rest;
  if (instancesFile === undefined) {
    const parts = await Promise.all(refs.map((file) => readRows(file, flatRow, 'bench/bad-truth')));
    return parts.flat().map(({ value: { question_id: id, sent, bbox, ...row } }) => ({
      ...{ ...row, id, sentence: sent, box: bbox },
    }));
  }
  const [file] = await readRows(instancesFile, instances, 'bench/bad-truth');
  const images = new Map(file?.value.images.map((image) => [image.id, image]));
  const boxes = new Map(file?.value.annotations.map(({ id, bbox }) => [id, bbox]));
  const parts = await Promise.all(refs.map((each) => readRows(each, reference, 'bench/bad-truth')));
  return parts.flat().flatMap(({ value }): RefcocoItem[] => {
    const [image, bbox] = [images.get(value.image_id), boxes.get(value.ann_id)];
    if (image === undefined || bbox === undefined)
      throw benchError(
        'bench/bad-truth',
        `refcoco: expected reference ${value.ref_id}'s object ${value.ann_id} and image ${value.image_id} in ${instancesFile}, got none; take the instances of the same data set`,
      );
    if (value.split === TRAINING) return [];
    const [x, y, width, height] = bbox;
    return value.sentences.map(({ sent, sent_id: id }) => ({
      ...{ id, image: image.file_name, split: value.split, sentence: sent },
      ...{ box: [x, y, x + width, y + height], width: image.width, height: image.height },
    }));
  });
}

/**
 * Answers: `{sent_id or question_id, bbox}` with corners in pixels, or a text with a box as LLaVA
 * and lmms-eval write them.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readRefcocoAnswers(paths: readonly string[]) {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.json or *.jsonl', 'bench/bad-predictions');
  const parts = await Promise.all(files.map((file) => readRows(file, answerRow, 'bench/bad-predictions')));
  return parts.flat().map(({ value }): { id: string; answer: RefcocoAnswer } => value);
}
