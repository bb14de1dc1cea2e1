import { z } from 'zod';
import type { PredictedRow } from '../align-rows.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { lmmsEvalRow } from '../files/lmms-eval-row.js';
import { readRows } from '../files/read-rows.js';

/** A question of MM-Vet. */
export interface MmVetQuestion {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  /** With `<AND>` and `<OR>`. */
  readonly answer: string;
  /** Of rec, ocr, know, gen, spat and math, sorted. */
  readonly capabilities: readonly string[];
}

const capability = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(/[,;_\s]+/))])
  .pipe(z.array(z.string().min(1)).min(1))
  .transform((names) => [...new Set(names)].sort());

const truthRow = z.union([
  z
    .object({
      id: z.string(),
      imagename: z.string(),
      question: z.string(),
      answer: z.string(),
      capability,
    })
    .transform((row) => ({ ...row, image: row.imagename })),
  z
    .object({ question_id: idText, question: z.string(), answer: z.string(), capability })
    .transform((row) => ({ ...row, id: officialId(row.question_id), image: row.question_id })),
  z
    .object({ index: idText, question: z.string(), answer: z.string(), category: capability })
    .transform((row) => ({
      ...row,
      id: officialId(row.index),
      image: row.index,
      capability: row.category,
    })),
]);

/** What is said of a question: the model's answer, a judge's grade of it, or both. */
export interface MmVetSaid {
  readonly text?: string | undefined;
  readonly grade?: MmVetGrade | undefined;
}

/** A judge's scores of one answer, 0..1, one a run; the judge's names are empty where the file does not tell. */
export interface MmVetGrade {
  readonly scores: readonly number[];
  readonly judges: readonly string[];
}

const score = z.number().min(0).max(1);
const scoreCell = z.string().regex(/\S/, 'expected a score').transform(Number).pipe(score);

const predictionRow = z.union([
  // What the official evaluator writes.
  z
    .object({ id: z.string(), score: z.array(score).min(1), model: z.array(z.string()) })
    .transform((row) => ({ id: row.id, grade: { scores: row.score, judges: row.model } })),
  z.object({ id: z.string(), text: z.string() }),
  z.object({ question_id: idText, text: z.string() }).transform(({ question_id: id, text }) => ({
    id: officialId(id),
    text,
  })),
  z
    .intersection(
      lmmsEvalRow(z.object({ question_id: idText })),
      z.object({ gpt_eval_score: z.object({ score, eval_model: z.string().optional() }).optional() }),
    )
    .transform(({ doc, answer, gpt_eval_score: graded }) => ({
      id: officialId(doc.question_id),
      text: answer,
      grade: graded && { scores: [graded.score], judges: [graded.eval_model ?? []].flat() },
    })),
  // VLMEvalKit's table of answers, and the one that its judge made of it.
  z.object({ index: idText, prediction: z.string(), score: scoreCell.optional() }).transform((row) => ({
    id: officialId(row.index),
    text: row.prediction,
    grade: row.score === undefined ? undefined : { scores: [row.score], judges: [] },
  })),
]);

/** `v1_12`, also where a tool numbers the questions. */
function officialId(id: string): string {
  return /^\d+$/.test(id) ? `v1_${id}` : id;
}

/**
 * MM-Vet's questions: `mm-vet.json`, lmms-eval's or VLMEvalKit's rows.
 *
 * @throws FgamError `bench/bad-truth` for another format
 */
export async function readMmVetTruth(paths: readonly string[]): Promise<readonly MmVetQuestion[]> {
  const files = await listFiles(paths, /^mm-?vet\.(?:json|tsv)$/i, 'mm-vet.json', 'bench/bad-truth');
  const parts = files.map((file) => readRows(file, truthRow, 'bench/bad-truth', rowsById));
  return (await Promise.all(parts)).flat().map(({ value }) => ({
    id: value.id,
    image: value.image,
    question: value.question,
    answer: value.answer,
    capabilities: value.capability,
  }));
}

/**
 * Answers to MM-Vet: the official object of id to text, LLaVA's JSON Lines, lmms-eval's samples,
 * VLMEvalKit's table; grades: the official evaluator's `*-grade-*runs.json`, and what lmms-eval and
 * VLMEvalKit add to the files of answers.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readMmVetPredictions(
  paths: readonly string[],
): Promise<readonly PredictedRow<MmVetSaid>[]> {
  const files = await listFiles(paths, /\.(?:jsonl?|tsv|xlsx)$/i, '*.json', 'bench/bad-predictions');
  const parts = files.map((file) => readRows(file, predictionRow, 'bench/bad-predictions', rowsById));
  return (await Promise.all(parts)).flat().map(({ value: { id, ...answer } }) => ({ id, answer }));
}

/** An object of id to row, or of id to text, as rows with ids; another object is a row. */
function rowsById(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  const entries: [string, unknown][] = Object.entries(value);
  if (!entries.every(([id]) => /^v\d+_\d+$/.test(id))) return [value];
  return entries.map(([id, row]) => (typeof row === 'object' ? { id, ...row } : { id, text: row }));
}
