import { LRUCache } from 'lru-cache';
import type { CapturedGraph } from './capture.js';
import type { RunnerSession } from './runner.js';

/** What running has cost so far. */
export interface RunStats {
  readonly runs: number;
  /** Graphs captured: one for each new input signature, again after eviction and for new constants. */
  readonly captures: number;
  readonly captureMilliseconds: number;
  readonly runMilliseconds: number;
}

/** Sessions by input signature; the least recently used goes when there are too many. */
export interface SessionCache {
  /** The session of a signature; its graph is captured if it is not there. */
  prepared(signature: string, capture: () => CapturedGraph): Promise<RunnerSession>;
  readonly captures: number;
  readonly captureMilliseconds: number;
  /** Frees the sessions, after the runs that have begun; what is asked for next is captured anew. */
  clear(): void;
  /** Frees the sessions, after the runs that have begun. Throws what freeing any of them has thrown. */
  dispose(): Promise<void>;
}

/**
 * An empty cache.
 *
 * @param maxCached - sessions kept
 * @param open - makes a graph's session
 */
export function createSessionCache(
  maxCached: number,
  open: (graph: CapturedGraph) => Promise<RunnerSession>,
): SessionCache {
  let captures = 0;
  let captureMilliseconds = 0;
  /** Releases under way, and those that failed: of them whoever disposes is told. */
  const releases = new Set<Promise<void>>();
  const cache = new LRUCache<string, Promise<RunnerSession>>({
    max: maxCached,
    dispose: (prepared) => {
      const release = prepared.then(
        (session) => session.release(),
        // A graph that could not be prepared has failed its run already, and holds nothing.
        () => undefined,
      );
      releases.add(release);
      release.then(
        () => releases.delete(release),
        () => undefined,
      );
    },
  });

  async function prepare(capture: () => CapturedGraph): Promise<RunnerSession> {
    const started = performance.now();
    const session = await open(capture());
    captures += 1;
    captureMilliseconds += performance.now() - started;
    return session;
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
    clear: () => cache.clear(),
    async dispose() {
      cache.clear();
      // All of them end before the first failure is thrown: what comes next ends the thread under them.
      await Promise.allSettled(releases);
      await Promise.all(releases);
    },
  };
}
