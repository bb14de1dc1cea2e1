import { setMaxListeners } from 'node:events';
import { ProxyError } from './proxy-error.js';
import type { Slots } from './slots.js';

/** A chat completion that is worked on. */
export interface Job {
  /** Aborted when the client leaves, and when the server ends what is under way. */
  readonly signal: AbortSignal;
  /** Gives its slot back; once is enough. */
  end(): void;
}

/** The chat completions that are worked on. */
export interface Jobs {
  /** @param onOver - called once it is over, or did not begin @throws ProxyError 429; the signal's reason */
  begin(client: AbortSignal, onOver: () => void): Promise<Job>;
  /** Ends what is worked on, and what begins after. */
  abort(reason: ProxyError): void;
}

/** Bounds jobs by slots. @param onEnd - told the seconds of each */
export function createJobs(slots: Slots, onEnd: (seconds: number) => void): Jobs {
  const active = new Set<AbortController>();
  let over: ProxyError | undefined;
  return {
    async begin(client, onOver) {
      // Of this job alone: a signal that outlived it would keep what listens to it.
      const controller = new AbortController();
      // Each call of each round listens until the job ends.
      setMaxListeners(0, controller.signal);
      const leave = (): void =>
        controller.abort(new ProxyError(499, { message: 'the client closed the request' }));
      if (over !== undefined) controller.abort(over);
      if (client.aborted) leave();
      client.addEventListener('abort', leave, { once: true });
      active.add(controller);
      const forget = (): void => {
        client.removeEventListener('abort', leave);
        active.delete(controller);
        onOver();
      };
      try {
        const release = await slots.take(controller.signal);
        const begun = performance.now();
        let isOver = false;
        const end = (): void => {
          if (isOver) return;
          isOver = true;
          forget();
          release();
          onEnd((performance.now() - begun) / 1000);
        };
        return { signal: controller.signal, end };
      } catch (error) {
        forget();
        throw error;
      }
    },
    abort(reason) {
      over = reason;
      for (const controller of active) controller.abort(reason);
    },
  };
}
