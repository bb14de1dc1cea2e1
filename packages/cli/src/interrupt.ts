import { FgamError, isFgamError } from '@fgam/data';

/** What most commands can say: their pieces are kept. */
const GOES_ON = 'the same command goes on where this one stopped';

/**
 * Runs work that Ctrl-C can end: the first one asks it to stop and save, a second one ends the process.
 *
 * @param hint - what is kept, and how to go on
 * @throws FgamError `fgam/interrupted` with the hint
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  hint = GOES_ON,
): Promise<Result> {
  const controller = new AbortController();
  const release = (): void => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  };
  const stop = (): void => {
    release();
    controller.abort(interrupted());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (isFgamError(error) && error.code === 'fgam/interrupted') throw interrupted(hint, error);
    throw error;
  } finally {
    release();
  }
}

/** What an interrupted command ends with. */
export function interrupted(hint = GOES_ON, cause?: unknown): FgamError<'fgam/interrupted'> {
  return new FgamError('fgam/interrupted', `interrupted; ${hint}`, { cause });
}
