import { isFgamError } from '@fgam/data';
import { modelsError } from './error.js';

/** Calls of a part that can be disposed of. */
export interface Disposal {
  /**
   * The result of a call.
   * @throws FgamError `models/disposed` once `begin` was called, for a call that it has cut short, too
   */
  guard<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Refuses calls from now on. */
  begin(): void;
}

/** @param call - the function and the part, as `generate: fgam`, for the error */
export function createDisposal(call: string, advice: string): Disposal {
  let isDisposed = false;
  const refusal = (cause?: unknown) =>
    modelsError('models/disposed', `${call} was freed by dispose(); ${advice}`, { cause });
  return {
    async guard(made) {
      if (isDisposed) throw refusal();
      return made().catch((cause: unknown) => {
        // Freed in the middle of the call: the next program to run says so of itself.
        throw isDisposed && isFgamError(cause) && cause.code === 'compile/disposed' ? refusal(cause) : cause;
      });
    },
    begin() {
      isDisposed = true;
    },
  };
}
