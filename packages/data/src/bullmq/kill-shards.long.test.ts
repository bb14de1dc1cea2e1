import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../scenes/random.js';
import { buildUnderKills, ended, filesOf, type KillTally } from './kill-shards.test-support.js';
import { bundleQueueProcess, queueSamples, startQueueProcess } from './queue-process.test-support.js';
import { isRedisAbsent, startRedis } from './redis.test-support.js';

const SAMPLES = 1600;
const ROUNDS = 5;
/** Kills of one round; it may end before. */
const KILLS = 40;

test.skipIf(isRedisAbsent)(
  'shards are those of a build in one process, round after round of kills (skipped without redis-server)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-queue-'));
    const redis = await startRedis();
    const sum: KillTally = { busyWorkers: 0, idleWorkers: 0, coordinators: 0, servers: 0, built: 0 };
    try {
      await bundleQueueProcess(folder);
      await queueSamples(folder, SAMPLES);
      await ended(startQueueProcess('build', folder, 'here', 'alone'));
      const alone = await filesOf(join(folder, 'alone'));
      for (let round = 0; round < ROUNDS; round++) {
        await rm(join(folder, 'shards'), { recursive: true, force: true });
        const tally = await buildUnderKills(folder, redis, {
          ...{ kills: KILLS, workers: 3 },
          random: createRandom(`shard kills, round ${round}`),
        });
        for (const [what, count] of Object.entries(tally)) sum[what as keyof KillTally] += count;
        expect(await filesOf(join(folder, 'shards'))).toEqual(alone);
      }
      console.info({
        shardsARound: Object.keys(alone).filter((name) => name.endsWith('.tar')).length,
        ...sum,
      });
      expect(sum.busyWorkers).toBeGreaterThan(ROUNDS * 5);
      expect(sum.coordinators).toBeGreaterThanOrEqual(ROUNDS);
      expect(sum.servers).toBeGreaterThan(ROUNDS / 2);
    } finally {
      await redis.kill();
      await rm(folder, { recursive: true });
    }
  },
);
