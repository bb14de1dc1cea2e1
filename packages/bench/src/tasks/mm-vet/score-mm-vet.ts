import type { Judge } from '@fgam/data';
import type { MmVetQuestion } from './read-mm-vet.js';
import { MM_VET_AGAIN } from './mm-vet-prompt.js';

/** A question with what was answered. */
export interface MmVetRow {
  readonly item: MmVetQuestion;
  readonly answer: string;
}

/**
 * The score that a judge's reply gives: its first word, a number of 0 to 1.
 *
 * @returns undefined where it is none
 */
export function parseMmVetScore(reply: string): number | undefined {
  const word = (reply.split(' ')[0] ?? '').trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word)) return undefined;
  const score = Number(word);
  return score >= 0 && score <= 1 ? score : undefined;
}

/**
 * A judge's score of each row, 0..1; undefined where two replies were none. The official script asks up to five times, each time at a
 * higher temperature; a recorded judge has one temperature, so a row is asked for once more in plainer words.
 */
export async function judgeMmVet(
  rows: readonly MmVetRow[],
  prompt: string,
  judge: Judge,
  signal: AbortSignal | undefined,
): Promise<readonly (number | undefined)[]> {
  const options = signal === undefined ? {} : { signal };
  const prompts = rows.map((row) => `${prompt}\n${tableRow(row)}`);
  const replies = await judge.judge(
    prompts.map((each) => ({ prompt: each })),
    options,
  );
  const scores = replies.map(parseMmVetScore);
  const again = scores.flatMap((score, index) => (score === undefined ? [index] : []));
  if (again.length === 0) return scores;
  const second = await judge.judge(
    again.map((index) => ({ prompt: `${prompts[index] ?? ''}${MM_VET_AGAIN}` })),
    options,
  );
  for (const [place, index] of again.entries()) scores[index] = parseMmVetScore(second[place] ?? '');
  return scores;
}

function tableRow({ item, answer }: MmVetRow): string {
  const reference = item.answer.replaceAll('<AND>', ' <AND> ').replaceAll('<OR>', ' <OR> ');
  return [item.question, reference, answer, ''].join(' | ');
}
