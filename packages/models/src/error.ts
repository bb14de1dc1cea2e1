import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type ModelsErrorCode =
  | 'models/bad-config'
  | 'models/bad-weights'
  | 'models/bad-checkpoint'
  | 'models/bad-tokenizer'
  | 'models/bad-shape'
  | 'models/bad-request'
  | 'models/missing-file'
  | 'models/missing-package'
  | 'models/bad-output'
  | 'models/not-exported'
  | 'models/disposed'
  | 'models/aborted';

/** Makes this package's error: the function, what it expected, what it got, what to do. */
export function modelsError(
  code: ModelsErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<ModelsErrorCode> {
  return new FgamError<ModelsErrorCode>(code, message, options);
}
