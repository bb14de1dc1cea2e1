import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { listFiles } from '../files/list-files.js';
import { lmmsEvalRow } from '../files/lmms-eval-row.js';
import { readRows } from '../files/read-rows.js';
import { mmeQuestionId } from './mme-question-id.js';
import { MME_TASK_NAMES } from './mme-tasks.js';
import { readMmeLines } from './read-mme-lines.js';

const row = z.union([
  // LLaVA: the id is that of the image, and both its questions have it.
  z
    .object({ question_id: z.string(), prompt: z.string(), text: z.string() })
    .transform(({ question_id: image, prompt, text }) => ({
      ...{ task: image.split('/')[0] ?? '', image, question: prompt, answer: text },
    })),
  lmmsEvalRow(z.object({ question_id: z.string(), category: z.string(), question: z.string() })).transform(
    ({ doc, answer }) => ({ task: doc.category, image: doc.question_id, question: doc.question, answer }),
  ),
  z
    .object({
      category: z.string(),
      image_path: z.string(),
      question: z.string(),
      prediction: z.string(),
    })
    .transform(({ category, image_path: image, question, prediction }) => ({
      ...{ task: category, image, question, answer: prediction },
    })),
]);

/**
 * Answers to MME: the official `<task>.txt` (their fourth field), LLaVA's JSON Lines, lmms-eval's
 * samples, VLMEvalKit's table.
 *
 * @throws FgamError `bench/bad-predictions` for another format, or a line without an answer
 */
export async function readMmePredictions(paths: readonly string[]): Promise<readonly PredictedRow<string>[]> {
  const isRead = new RegExp(`^(?:${MME_TASK_NAMES.join('|')})\\.txt$|\\.(?:jsonl|tsv|xlsx)$`);
  const files = await listFiles(
    paths,
    isRead,
    'existence.txt and so on, or *.jsonl',
    'bench/bad-predictions',
  );
  const parts = files.map(async (file): Promise<PredictedRow<string>[]> => {
    if (file.toLowerCase().endsWith('.txt'))
      return (await readMmeLines(file, 'bench/bad-predictions')).map(
        ({ task, image, question, prediction }) => {
          if (prediction !== undefined)
            return { id: mmeQuestionId(task, image, question), answer: prediction };
          throw benchError(
            'bench/bad-predictions',
            `${file}: expected a prediction in the fourth field, got none (${image}); give the file of results`,
          );
        },
      );
    return (await readRows(file, row, 'bench/bad-predictions')).map(({ value }) => ({
      id: mmeQuestionId(value.task, value.image, value.question),
      answer: value.answer,
    }));
  });
  return (await Promise.all(parts)).flat();
}
