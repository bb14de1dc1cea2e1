import type { Judge } from '@fgam/data';
import { benchError } from '../error.js';
import type { ScoreInput } from './benchmark-task.js';

/**
 * The judge that was given.
 *
 * @throws FgamError `bench/no-judge` that says how one is given
 */
export function expectJudge(task: string, { judge }: Pick<ScoreInput, 'judge'>): Judge {
  if (judge === undefined)
    throw benchError(
      'bench/no-judge',
      `${task}: expected a judge, got none; give an endpoint and a folder to record in, or a folder of recorded judgements`,
    );
  return judge;
}
