import { FgamError } from '@fgam/data';

/** An abort signal for the time of some long work: the first Ctrl-C asks it to stop and save, a second one ends the process. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const stop = (): void => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    controller.abort(interrupted());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

/** What an interrupted command ends with. */
export function interrupted(): FgamError<'fgam/interrupted'> {
  return new FgamError('fgam/interrupted', 'interrupted; the same command goes on where this one stopped');
}
