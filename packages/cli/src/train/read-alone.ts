import { FgamError, type Trajectory } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { say } from '../output.js';

/**
 * The trajectories of a file that a model can be trained on: those whose question stands alone. A row
 * has one image and one question, and the last one of a conversation means nothing without it; how
 * many were left out is said.
 *
 * @throws FgamError `data/empty` where all were left out; as `readTrajectories`
 */
export async function readAlone(path: string): Promise<Trajectory[]> {
  const trajectories = await readTrajectories(path);
  const alone = trajectories.filter(({ context }) => context === undefined);
  const leftOut = trajectories.length - alone.length;
  if (leftOut > 0 && alone.length === 0)
    throw new FgamError(
      'data/empty',
      `${path}: expected trajectories of questions that stand alone, got ${leftOut} within conversations, which are not trained on; give a file that has others too`,
    );
  if (leftOut > 0)
    say(`${path}: ${leftOut} of ${trajectories.length} trajectories left out: they are within conversations`);
  return alone;
}
