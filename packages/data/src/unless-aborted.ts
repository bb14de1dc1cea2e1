/**
 * A result, or the signal's reason as soon as it aborts: for work that ends late or never when it is told to.
 * The work itself goes on, and what comes of it is dropped.
 *
 * @param result - what is waited for
 * @param signal - ends the wait
 * @returns what `result` gives; rejects as `result` does, or with the signal's reason
 * @example
 * ```ts
 * import { unlessAborted } from '@fgam/data';
 * const never = new Promise<string>(() => {});
 * const ended: unknown = await unlessAborted(never, AbortSignal.abort('enough')).catch((reason: unknown) => reason);
 * if (ended !== 'enough') throw new Error('expected the wait to end');
 * ```
 */
export async function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return await new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    void result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
