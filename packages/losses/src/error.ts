/** The marker by which every FGAM package recognises an error of another without importing it. */
const MARKER = Symbol.for('fgam.error');

/** Codes of the errors that this package throws. */
export type LossesErrorCode = 'losses/bad-shape' | 'losses/bad-option';

/** An error with a stable `code`. */
export class FgamError<Code extends string = LossesErrorCode> extends Error {
  readonly [MARKER] = true;
  readonly code: Code;

  /**
   * @param code - stable, machine-readable; starts with the package's name
   * @param message - function, what it expected, what it got, what to do
   */
  constructor(code: Code, message: string) {
    super(message);
    this.name = 'FgamError';
    this.code = code;
  }
}
