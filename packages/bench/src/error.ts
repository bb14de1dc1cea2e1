import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type BenchErrorCode =
  | 'bench/bad-predictions'
  | 'bench/bad-input'
  | 'bench/bad-truth'
  | 'bench/bad-report'
  | 'bench/missing-images'
  | 'bench/mixed-judges'
  | 'bench/no-judge'
  | 'bench/no-rows'
  | 'bench/unknown-dialect'
  | 'bench/unknown-task'
  | 'bench/bad-study'
  | 'bench/bad-store'
  | 'bench/no-port';

/** This package's error, with one of its codes. */
export function benchError(
  code: BenchErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<BenchErrorCode> {
  return new FgamError<BenchErrorCode>(code, message, options);
}

/** Up to `limit` ids in words: `a, b, c and 4 more`. */
export function listIds(ids: readonly string[], limit = 10): string {
  const shown = ids.slice(0, limit).join(', ');
  return ids.length > limit ? `${shown} and ${ids.length - limit} more` : shown;
}
