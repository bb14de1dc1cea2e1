import { z } from 'zod';
import type { PredictedRow } from '../align-rows.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';

/** Whose rules. */
export type WinogroundDialect = 'official' | 'fgam-yes-no';

/** Caption and image of an example. */
export const PAIRS = ['c0_i0', 'c0_i1', 'c1_i0', 'c1_i1'] as const;

/** One of them. */
export type WinogroundPair = (typeof PAIRS)[number];

/** An example: each caption is of the image with its number. */
export interface WinogroundExample {
  readonly id: string;
  readonly captions: readonly [string, string];
  readonly images: readonly [string, string];
  readonly tag?: string;
}

const truthRow = z.object({
  id: idText,
  caption_0: z.string(),
  caption_1: z.string(),
  image_0: z.string(),
  image_1: z.string(),
  collapsed_tag: z.string().optional(),
});

const answerRow = {
  official: z
    .object({ id: idText, c0_i0: z.number(), c0_i1: z.number(), c1_i0: z.number(), c1_i1: z.number() })
    .transform(({ id, ...scores }) => PAIRS.map((pair) => ({ id: `${id}/${pair}`, answer: scores[pair] }))),
  'fgam-yes-no': z
    .object({ question_id: z.string(), text: z.string() })
    .transform(({ question_id: id, text: answer }) => [{ id, answer }]),
} as const;

/**
 * Winoground's `examples.jsonl`.
 *
 * @throws FgamError `bench/bad-truth` for another format
 */
export async function readWinogroundTruth(paths: readonly string[]): Promise<readonly WinogroundExample[]> {
  const files = await listFiles(paths, /^examples\.jsonl?$/i, 'examples.jsonl', 'bench/bad-truth');
  const parts = await Promise.all(files.map((file) => readRows(file, truthRow, 'bench/bad-truth')));
  return parts.flat().map(({ value }) => ({
    id: value.id,
    captions: [value.caption_0, value.caption_1],
    images: [value.image_0, value.image_1],
    ...(value.collapsed_tag === undefined ? {} : { tag: value.collapsed_tag }),
  }));
}

/**
 * Scores or texts, one a pair of caption and image: id `<example>/c0_i1`.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readWinogroundAnswers(
  paths: readonly string[],
  dialect: WinogroundDialect,
): Promise<readonly PredictedRow<number | string>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.jsonl', 'bench/bad-predictions');
  const parts = files.map(async (file): Promise<PredictedRow<number | string>[]> => {
    if (dialect === 'official')
      return (await readRows(file, answerRow.official, 'bench/bad-predictions')).flatMap(
        ({ value }) => value,
      );
    return (await readRows(file, answerRow['fgam-yes-no'], 'bench/bad-predictions')).flatMap(
      ({ value }) => value,
    );
  });
  return (await Promise.all(parts)).flat();
}
