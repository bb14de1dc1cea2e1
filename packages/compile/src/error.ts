/** The marker by which every FGAM package recognises an error of another without importing it. */
const MARKER = Symbol.for('fgam.error');

/** Codes of the errors that this package throws. */
export type CompileErrorCode =
  | 'compile/bad-input'
  | 'compile/bad-weights'
  | 'compile/not-captured'
  | 'compile/not-finite'
  | 'compile/read-while-capturing'
  | 'compile/foreign-tensor'
  | 'compile/no-backend'
  | 'compile/device-fault'
  | 'compile/bad-safetensors'
  | 'compile/bad-graph'
  | 'compile/no-worker'
  | 'compile/other-process'
  | 'compile/disposed';

/** An error with a stable `code`, recognised across packages and versions by its marker. */
export class FgamError<Code extends string = CompileErrorCode> extends Error {
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
