import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../scenes/random.js';
import { buildUnderKills, ended, filesOf } from './kill-shards.test-support.js';
import { bundleQueueProcess, queueSamples, startQueueProcess } from './queue-process.test-support.js';
import { isRedisAbsent, startRedis } from './redis.test-support.js';

test.skipIf(isRedisAbsent)(
  'shards are those of a build in one process, whatever is killed (skipped without redis-server)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-queue-'));
    const redis = await startRedis();
    try {
      await bundleQueueProcess(folder);
      await queueSamples(folder, 80);
      await ended(startQueueProcess('build', folder, 'here', 'alone'));
      const tally = await buildUnderKills(folder, redis, {
        ...{ kills: 7, workers: 2 },
        random: createRandom('shard kills, short 166'),
      });
      console.info(tally);
      expect(await filesOf(join(folder, 'shards'))).toEqual(await filesOf(join(folder, 'alone')));
      expect(tally.busyWorkers).toBeGreaterThan(0);
      expect(tally.coordinators).toBeGreaterThan(0);
    } finally {
      await redis.kill();
      await rm(folder, { recursive: true });
    }
  },
);
