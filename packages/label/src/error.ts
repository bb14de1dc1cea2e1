import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type LabelErrorCode =
  | 'label/bad-config'
  | 'label/bad-image'
  | 'label/budget'
  | 'label/cache-failed'
  | 'label/endpoint-failed'
  | 'label/no-description';

/** Makes this package's error: the function, what it expected, what it got, what to do. */
export function labelError(
  code: LabelErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<LabelErrorCode> {
  return new FgamError<LabelErrorCode>(code, message, options);
}
