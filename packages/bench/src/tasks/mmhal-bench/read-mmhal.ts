import { z } from 'zod';
import type { PredictedRow } from '../align-rows.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';

/** A question of MMHal-Bench. */
export interface MmhalQuestion {
  /** The image's id: each image has one question. */
  readonly id: string;
  readonly imageUrl: string;
  readonly imageContent: readonly string[];
  readonly question: string;
  readonly reference: string;
  /** By its place in the file, modulo 8. */
  readonly type: string;
}

/** The types of questions, in the order in which they follow one another. */
export const MMHAL_TYPES = [
  'attribute',
  'adversarial',
  'comparison',
  'counting',
  'relation',
  'environment',
  'holistic',
  'other',
] as const;

const truthRow = z.looseObject({
  image_id: z.string(),
  image_src: z.string(),
  image_content: z.array(z.string()),
  question: z.string(),
  gt_answer: z.string(),
});

/**
 * What is said of a question: the model's answer, or a judge's reply on it with the judge's
 * name where the file has it.
 */
export type MmhalSaid =
  | { readonly text: string }
  | { readonly judgement: string; readonly judge: string | undefined };

const predictionRow = z.union([
  // What the official evaluator keeps of its judge: a list of chat completions in the order of
  // the questions, and no ids.
  z
    .object({
      choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
      model: z.string().optional(),
    })
    .transform(({ choices, model: judge }) => ({
      id: undefined,
      answer: { judgement: choices[0]?.message.content ?? '', judge },
    })),
  z
    .object({ image_id: z.string(), model_answer: z.string() })
    .transform((row) => ({ id: row.image_id, answer: { text: row.model_answer } })),
  z
    .object({ question_id: z.union([z.string(), z.int()]), text: z.string() })
    .transform((row) => ({ id: row.question_id, answer: { text: row.text } })),
]);

/** The rows of `response_template.json` or of a file of answers, as they stand. */
export async function readMmhalRows(paths: readonly string[]): Promise<readonly z.infer<typeof truthRow>[]> {
  const files = await listFiles(paths, /\.json$/i, 'response_template.json', 'bench/bad-truth');
  const parts = files.map((file) => readRows(file, truthRow, 'bench/bad-truth'));
  return (await Promise.all(parts)).flat().map(({ value }) => value);
}

/**
 * MMHal-Bench's questions.
 *
 * @throws FgamError `bench/bad-truth` for another format
 */
export async function readMmhalTruth(paths: readonly string[]): Promise<readonly MmhalQuestion[]> {
  return (await readMmhalRows(paths)).map((row, index) => ({
    id: row.image_id,
    imageUrl: row.image_src,
    imageContent: row.image_content,
    question: row.question,
    reference: row.gt_answer,
    type: MMHAL_TYPES[index % MMHAL_TYPES.length] ?? '',
  }));
}

/**
 * Answers to MMHal-Bench: the official rows with `model_answer` (may be the truth's own file), or rows of
 * `question_id` and `text`, where a number is the question's place from 0. Or a judge's replies, as the
 * official evaluator saves them (`--evaluation`): they are joined by their place in the file, which is
 * all that tells them apart.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readMmhalPredictions(
  paths: readonly string[],
  questions: readonly MmhalQuestion[],
): Promise<readonly PredictedRow<MmhalSaid>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.json', 'bench/bad-predictions');
  const parts = files.map((file) => readRows(file, predictionRow, 'bench/bad-predictions'));
  return (await Promise.all(parts)).flat().map(({ value: { id, answer }, place }) => {
    const at = id ?? place - 1;
    return { id: typeof at === 'number' ? (questions[at]?.id ?? String(at)) : at, answer };
  });
}
