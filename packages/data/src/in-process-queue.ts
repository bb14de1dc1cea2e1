import { FgamError } from './error.js';
import { buildShardJob } from './shard-attempt.js';
import type { ShardQueue } from './shard-queue.js';

/**
 * A queue whose jobs run in this process, `shards` at a time: what `buildShards` does where it is given none.
 *
 * Each shard under way holds its samples and up to 16 images. One shard keeps the threads that decode images
 * busy; more help little (`docs/log.md`, "Shards as jobs").
 *
 * @param options - `shards`: under way at once, default 2
 * @throws FgamError `data/bad-config`
 */
export function createInProcessQueue(options: { readonly shards?: number } = {}): ShardQueue {
  const { shards = 2 } = options;
  if (!Number.isInteger(shards) || shards < 1)
    throw new FgamError('data/bad-config', `createInProcessQueue: expected shards to be >= 1, got ${shards}`);
  const running = new Set<Promise<void>>();
  return {
    async add(job, signal) {
      while (running.size >= shards) await Promise.race(running);
      signal.throwIfAborted();
      const built = buildShardJob({
        ...job,
        samples: job.samples.map((sample) => ({ sample })),
        base: process.cwd(),
        signal,
      });
      // Room is made whatever comes of it; the error is for who waits for `built`.
      const ended = built.catch(() => undefined).finally(() => running.delete(ended));
      running.add(ended);
      return { built };
    },
    finish: () => Promise.resolve(),
  };
}
