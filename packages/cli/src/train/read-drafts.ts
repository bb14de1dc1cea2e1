import { FgamError, listFaults, readJsonLines } from '@fgam/data';
import { z } from 'zod';
import { readAlone } from './read-alone.js';

/** A response of a model to a question, by the question's id. */
export interface Draft {
  readonly question: string;
  readonly response: string;
}

const draft = z.strictObject({ question: z.string().min(1), response: z.string() });

/**
 * Reads a model's own responses: JSON Lines of `{question, response}`, or a trajectories file, of which every
 * attempt is one. The question is named by its id; those within conversations are left out.
 *
 * @throws FgamError `data/empty`; `data/bad-record` with the line; as the readers do
 */
export async function readDrafts(path: string): Promise<Draft[]> {
  const lines = await readJsonLines(path);
  const first = lines[0]?.value;
  if (first === undefined) throw new FgamError('data/empty', `${path}: expected drafts, got none`);
  if (typeof first === 'object' && first !== null && 'attempts' in first) return attemptsOf(path);
  return lines.map(({ line, value }) => {
    const parsed = draft.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new FgamError(
      'data/bad-record',
      `${path}:${line}: expected {question, response} with the question's id, got ${listFaults(parsed.error, 'line').join('; ')}`,
    );
  });
}

async function attemptsOf(path: string): Promise<Draft[]> {
  const trajectories = await readAlone(path);
  return trajectories.flatMap(({ id, attempts }) => {
    const responses = new Set(attempts.map(({ response }) => response));
    return [...responses].map((response) => ({ question: id, response }));
  });
}
