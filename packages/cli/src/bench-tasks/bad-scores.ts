import { FgamError } from '@fgam/data';

/** An error about files of scores, or of reproductions. */
export function badScores(message: string): FgamError<'fgam/bad-scores'> {
  return new FgamError<'fgam/bad-scores'>('fgam/bad-scores', message);
}
