import type { Prediction } from '@fgam/bench';
import { FgamError, readJsonLines, type Trajectory } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { z } from 'zod';

const prediction = z.strictObject({ id: z.string().min(1), answer: z.string() });
const anyTrajectory = z.looseObject({ attempts: z.unknown() });

/**
 * Reads a file of predictions or of trajectories, JSON Lines; its first line tells which.
 *
 * @throws FgamError `data/missing-file`, `data/bad-json`; `data/bad-record` or `rectifier/bad-trajectory`
 * that name the line; `data/empty`
 */
export async function readAnswers(path: string): Promise<readonly (Prediction | Trajectory)[]> {
  const lines = await readJsonLines(path);
  const [first] = lines;
  if (first === undefined)
    throw new FgamError('data/empty', `fgam view: expected answers in ${path}, got an empty file`);
  if (anyTrajectory.safeParse(first.value).success) return readTrajectories(path);
  return lines.map(({ line, value }) => {
    const parsed = prediction.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new FgamError(
      'data/bad-record',
      `fgam view: expected a prediction ({"id", "answer"}) or a trajectory at ${path}:${line}, got: ${z.prettifyError(parsed.error)}; repair or remove the line`,
    );
  });
}
