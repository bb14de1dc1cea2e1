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
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, createInProcessQueue } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'queue-'));
 * const image = join(folder, 'a.png');
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: '1', box, label: 'red', description: 'a red square', source: 'hand' }];
 * const samples = ['a', 'b', 'c'].map((id) => ({ id, image, width: 8, height: 8, regions }));
 * const queue = createInProcessQueue({ shards: 2 });
 * const out = join(folder, 'shards');
 * const { shards } = await buildShards({ samples, out, imagesPerShard: 2, validation: 0, queue });
 * // Three images in tars of two; their order is that of the samples, whichever was ready first.
 * if (shards.map((shard) => shard.samples).join() !== '2,1') throw new Error(JSON.stringify(shards));
 * ```
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
