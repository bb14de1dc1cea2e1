import type { Prediction } from '@fgam/bench';
import { FgamError, readJsonLines } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { z } from 'zod';

/** As `fgam bench run` and as LLaVA's evaluation write answers; other fields are passed over. */
const line = z.union([
  z.object({ id: z.string().min(1), answer: z.string() }),
  z
    .object({ question_id: z.union([z.string().min(1), z.number()]).transform(String), text: z.string() })
    .transform(({ question_id: id, text: answer }) => ({ id, answer })),
]);

/**
 * Reads a system's responses: JSON Lines of `{id, answer}` or `{question_id, text}`, or a trajectories file,
 * whose final responses count.
 *
 * @throws FgamError `data/empty`; `data/bad-record` with the line; as the readers do
 */
export async function readResponses(path: string): Promise<Prediction[]> {
  const lines = await readJsonLines(path);
  const first = lines[0]?.value;
  if (first === undefined)
    throw new FgamError('data/empty', `${path}: expected responses, got none; check the path`);
  if (typeof first === 'object' && first !== null && 'attempts' in first)
    return (await readTrajectories(path)).map(({ id, final }) => ({ id, answer: final }));
  return lines.map(({ line: number, value }) => {
    const parsed = line.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new FgamError(
      'data/bad-record',
      `${path}:${number}: expected {id, answer}, {question_id, text} or a trajectory; repair or remove the line`,
    );
  });
}
