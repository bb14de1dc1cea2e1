import pLimit from 'p-limit';
import { ProxyError } from './proxy-error.js';

/** Seconds after which a client that was sent away may come again. */
const RETRY_AFTER = 1;

/** Bounded work: so many requests at a time, so many that wait. */
export interface Slots {
  /**
   * Waits for a slot.
   *
   * @returns gives the slot back
   * @throws ProxyError 429 where too many wait; the signal's reason
   */
  take(signal: AbortSignal): Promise<() => void>;
  active(): number;
  waiting(): number;
}

/** Makes `most` slots, for which `queued` may wait. */
export function createSlots(most: number, queued: number): Slots {
  const limit = pLimit(most);
  return {
    async take(signal) {
      if (limit.activeCount + limit.pendingCount >= most + queued)
        throw new ProxyError(
          429,
          { message: 'too many requests at a time; try again later', code: 'server_busy' },
          { 'retry-after': String(RETRY_AFTER) },
        );
      const release = await new Promise<() => void>((resolve) => {
        void limit(() => new Promise<void>((done) => resolve(done)));
      });
      if (signal.aborted) release();
      signal.throwIfAborted();
      return release;
    },
    active: () => limit.activeCount,
    waiting: () => limit.pendingCount,
  };
}
