import { LRUCache } from 'lru-cache';
import type { CapturedGraph } from './capture.js';
import { createSession, type Session, type SessionOptions } from './session.js';

/** What running has cost so far. */
export interface RunStats {
  readonly runs: number;
  /** Graphs captured: one for each new input signature, again after eviction. */
  readonly captures: number;
  readonly captureMilliseconds: number;
  readonly runMilliseconds: number;
}

/** A captured graph with the session that runs it. */
export interface Prepared {
  readonly graph: CapturedGraph;
  readonly session: Session;
}

/** Graphs by input signature; the least recently used goes when there are too many. */
export interface SessionCache {
  /** The graph of a signature, captured if it is not there. */
  prepared(signature: string, capture: () => CapturedGraph): Promise<Prepared>;
  readonly captures: number;
  readonly captureMilliseconds: number;
  /** Frees the sessions, after the runs that have begun. */
  dispose(): Promise<void>;
}

/** An empty cache. */
export function createSessionCache(options: SessionOptions & { readonly maxCached: number }): SessionCache {
  const { maxCached, ...sessionOptions } = options;
  let captures = 0;
  let captureMilliseconds = 0;
  const releases = new Set<Promise<void>>();
  const cache = new LRUCache<string, Promise<Prepared>>({
    max: maxCached,
    dispose: (prepared) => {
      const release = prepared.then(
        ({ session }) => session.release(),
        // A graph that could not be prepared has failed its run already, and holds nothing.
        () => undefined,
      );
      releases.add(release);
      void release.finally(() => releases.delete(release));
    },
  });

  async function prepare(capture: () => CapturedGraph): Promise<Prepared> {
    const started = performance.now();
    const graph = capture();
    const session = await createSession(graph, sessionOptions);
    captures += 1;
    captureMilliseconds += performance.now() - started;
    return { graph, session };
  }

  return {
    prepared(signature, capture) {
      const known = cache.get(signature);
      if (known !== undefined) return known;
      const begun = prepare(capture);
      cache.set(signature, begun);
      begun.catch(() => {
        if (cache.peek(signature) === begun) cache.delete(signature);
      });
      return begun;
    },
    get captures() {
      return captures;
    },
    get captureMilliseconds() {
      return captureMilliseconds;
    },
    async dispose() {
      cache.clear();
      await Promise.all(releases);
    },
  };
}
