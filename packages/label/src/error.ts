import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type LabelErrorCode =
  | 'label/bad-box'
  | 'label/bad-config'
  | 'label/bad-detections'
  | 'label/bad-image'
  | 'label/bad-model'
  | 'label/bad-output'
  | 'label/bad-phrase'
  | 'label/budget'
  | 'label/cache-failed'
  | 'label/endpoint-failed'
  | 'label/missing-file'
  | 'label/missing-package'
  | 'label/no-description'
  | 'label/other-settings'
  | 'label/released';

/** Makes this package's error: the function, what it expected, what it got, what to do. */
export function labelError(
  code: LabelErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<LabelErrorCode> {
  return new FgamError<LabelErrorCode>(code, message, options);
}
