/** The marker by which every FGAM package recognises an error of another without importing it. */
const MARKER = Symbol.for('fgam.error');

/** Codes of the errors that this package throws. */
export type DataErrorCode =
  | 'data/bad-box'
  | 'data/bad-json'
  | 'data/bad-image'
  | 'data/bad-parquet'
  | 'data/bad-record'
  | 'data/bad-tar'
  | 'data/duplicate-id'
  | 'data/empty'
  | 'data/bad-config'
  | 'data/path-escape'
  | 'data/not-writable'
  | 'data/missing-file'
  | 'data/too-many-skips'
  | 'data/dead-letter'
  | 'data/no-redis';

/** An error with a stable `code`; `isFgamError` recognises it across packages and versions. */
export class FgamError<Code extends string = DataErrorCode> extends Error {
  readonly [MARKER] = true;
  readonly code: Code;

  /**
   * @param code - stable, machine-readable; starts with the package's name
   * @param message - function, what it expected, what it got, what to do
   * @param options - the error that caused this one
   */
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FgamError';
    this.code = code;
  }
}

/**
 * True for an error of any FGAM package, whichever copy of it made the error.
 *
 * @example
 * ```ts
 * import { isFgamError, parseJson } from '@fgam/data';
 * let code = '';
 * try {
 *   parseJson('{"a": ', 'a.json');
 * } catch (error) {
 *   if (!isFgamError(error)) throw error;
 *   code = error.code;
 * }
 * if (code !== 'data/bad-json') throw new Error(code);
 * if (isFgamError(new Error('of another library'))) throw new Error('expected FgamErrors alone');
 * ```
 */
export function isFgamError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && MARKER in error;
}
