import { serverBusy } from './proxy-error.js';

/** Bounded work: so many requests at a time, so many that wait. */
export interface Slots {
  /**
   * Waits for a slot; whoever leaves waits no longer.
   *
   * @returns gives the slot back, once
   * @throws ProxyError 429 where too many wait; the signal's reason
   */
  take(signal: AbortSignal): Promise<() => void>;
  /** Whether whoever came now would be sent away. */
  isFull(): boolean;
  active(): number;
  waiting(): number;
}

/** Makes `most` slots, for which `queued` may wait. */
export function createSlots(most: number, queued: number): Slots {
  let active = 0;
  // In the order of their coming.
  const pending = new Set<() => void>();
  const release = (): void => {
    const [next] = pending;
    if (next === undefined) active -= 1;
    else next();
  };
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const forget = (): void => {
        pending.delete(begin);
        signal.removeEventListener('abort', leave);
      };
      const begin = (): void => {
        forget();
        resolve();
      };
      const leave = (): void => {
        forget();
        reject(signal.reason as Error);
      };
      pending.add(begin);
      signal.addEventListener('abort', leave);
    });
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (active < most) active += 1;
      else if (pending.size < queued) await wait(signal);
      else throw serverBusy();
      return release;
    },
    isFull: () => active >= most && pending.size >= queued,
    active: () => active,
    waiting: () => pending.size,
  };
}
