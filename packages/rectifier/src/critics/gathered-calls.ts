import { type CallOptions, unlessAborted } from '@fgam/data';

/** A port's call: one result a request, in their order. */
export type PortCall<Request, Result> = (
  requests: readonly Request[],
  options?: CallOptions,
) => Promise<readonly Result[]>;

interface Caller<Request, Result> {
  readonly requests: readonly Request[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Calls that come while one is under way wait for its end, and then go as one: what reads weights for each step
 * reads them for all callers. A call that finds none under way goes at once, with those that are made beside it.
 *
 * A caller whose signal aborts leaves with its reason; what it shares with others goes on for them, and what all
 * have left is not waited for, even where it ignores that. Where a shared call fails, or gives another number of
 * results, each of its callers is asked for alone, so that one caller's fault is not the others'.
 *
 * @param most - requests of a shared call, at most; a caller with more has a call of its own
 */
export function gatheredCalls<Request, Result>(
  call: PortCall<Request, Result>,
  most: number,
): PortCall<Request, Result> {
  const waiting: Caller<Request, Result>[] = [];
  // A call that throws at once rejects, as others do.
  const ask = async ({ requests, signal }: Pick<Caller<Request, Result>, 'requests' | 'signal'>) =>
    call(requests, signal === undefined ? {} : { signal });
  let isRunning = false;

  async function run(): Promise<void> {
    // Calls that are made beside the first one join it.
    await Promise.resolve();
    while (waiting.length > 0) await callFor(takeNext(waiting, most));
    isRunning = false;
  }

  async function callFor(callers: readonly Caller<Request, Result>[]): Promise<void> {
    const [only] = callers;
    if (only !== undefined && callers.length === 1) return askAlone(only);
    const shared = new AbortController();
    const release = abortAfterAll(callers, shared);
    try {
      const requests = callers.flatMap((caller) => caller.requests);
      const results = await unlessAborted(ask({ requests, signal: shared.signal }), shared.signal);
      if (results.length !== requests.length) throw new Error('another number of results');
      let from = 0;
      for (const { requests: own, resolve } of callers) resolve(results.slice(from, (from += own.length)));
    } catch {
      for (const caller of callers) await askAlone(caller);
    } finally {
      release();
    }
  }

  /** Unless it has left; until it does. */
  async function askAlone(caller: Caller<Request, Result>): Promise<void> {
    const { signal } = caller;
    if (signal?.aborted === true) return;
    const results = ask(caller);
    await settle(caller, signal === undefined ? results : unlessAborted(results, signal));
  }

  return (requests, { signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const leave = (): void => {
        const at = waiting.indexOf(caller);
        if (at >= 0) waiting.splice(at, 1);
        reject(signal?.reason as Error);
      };
      const stay = (): void => signal?.removeEventListener('abort', leave);
      const caller: Caller<Request, Result> = {
        requests,
        signal,
        resolve: (results) => {
          stay();
          resolve(results);
        },
        reject: (error) => {
          stay();
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(caller);
      if (isRunning) return;
      isRunning = true;
      void run();
    });
}

/** The callers that wait longest, as many as share a call. */
function takeNext<Request, Result>(
  waiting: Caller<Request, Result>[],
  most: number,
): Caller<Request, Result>[] {
  let count = 0;
  let requests = 0;
  for (const caller of waiting) {
    requests += caller.requests.length;
    if (count > 0 && requests > most) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

async function settle<Request, Result>(
  { resolve, reject }: Caller<Request, Result>,
  results: Promise<readonly Result[]>,
): Promise<void> {
  await results.then(resolve, reject);
}

/** Ends a shared call when all of its callers have left. @returns what takes the listeners away */
function abortAfterAll(
  callers: readonly { readonly signal: AbortSignal | undefined }[],
  shared: AbortController,
): () => void {
  const leave = (): void => {
    if (callers.every(({ signal }) => signal?.aborted === true)) shared.abort(callers[0]?.signal?.reason);
  };
  for (const { signal } of callers) signal?.addEventListener('abort', leave);
  return () => {
    for (const { signal } of callers) signal?.removeEventListener('abort', leave);
  };
}
