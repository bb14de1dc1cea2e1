import { FgamError, isFgamError } from '@fgam/data';
import { interruptible } from '../interrupt.js';

/** Work that Ctrl-C ends with a message of the command's own: what is kept, and how to go on. */
export async function interruptibleAs<Result>(
  message: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await interruptible(work);
  } catch (error) {
    if (isFgamError(error) && error.code === 'fgam/interrupted')
      throw new FgamError<'fgam/interrupted'>('fgam/interrupted', `interrupted; ${message}`, {
        cause: error,
      });
    throw error;
  }
}
