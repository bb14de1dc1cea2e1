import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type TrainerErrorCode =
  | 'trainer/bad-config'
  | 'trainer/bad-checkpoint'
  | 'trainer/other-run'
  | 'trainer/not-writable'
  | 'trainer/folder-in-use'
  | 'trainer/other-process'
  | 'trainer/no-mpi'
  | 'trainer/no-data'
  | 'trainer/bad-rollouts'
  | 'trainer/reward-hacking';

/** An error of this package. */
export function trainerError(
  code: TrainerErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<TrainerErrorCode> {
  return new FgamError(code, message, options);
}
