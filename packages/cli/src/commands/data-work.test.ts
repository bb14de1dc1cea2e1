import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildShards, readImageFolder } from '@fgam/data';
import { createBullQueue, workShards } from '@fgam/data/bullmq';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  freePort,
  isRedisAbsent,
  startRedis,
  type TestRedis,
} from '../../../data/src/bullmq/redis.test-support.js';
import { fgam, fgamJson, temporary } from './command.test-support.js';

describe.skipIf(isRedisAbsent)('shards by workers (skipped without redis-server)', () => {
  let redis: TestRedis;
  let photos: string;
  let out: string;
  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.kill());
  beforeEach(async () => {
    photos = await temporary('photos');
    out = join(await temporary('queue'), 'shards');
    for (const [name, background] of [
      ['a', '#f00'],
      ['b', '#0f0'],
      ['c', '#00f'],
    ] as const)
      await sharp({ create: { width: 40, height: 20, channels: 3, background } }).toFile(
        join(photos, `${name}.png`),
      );
  });

  const source = () => [
    'data',
    'build',
    photos,
    '--from',
    'images',
    '--images-per-shard',
    '2',
    '--validation',
    '0',
  ];
  async function bytesOf(folder: string): Promise<[string, string][]> {
    const names = (await readdir(folder)).sort();
    return Promise.all(
      names.map(
        async (name) => [name, (await readFile(join(folder, name))).toString('hex')] as [string, string],
      ),
    );
  }

  test('build hands its shards to workers, and says where they stand', async () => {
    const stop = new AbortController();
    const worker = workShards({ redis: redis.url, out, signal: stop.signal });
    const { code, out: printed, err } = await fgam(...source(), '--out', out, '--queue', redis.url, '--json');
    stop.abort();
    expect(await worker).toEqual({ built: 2, failed: 0 });
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ format: 'fgam-shards', samples: 3 });
    expect(err).toContain('train-00001.tar: 1 samples');
    const alone = join(await temporary('alone'), 'shards');
    await fgam(...source(), '--out', alone);
    expect(await bytesOf(out)).toEqual(await bytesOf(alone));
  });

  test('work builds what a build has handed out, until it has been idle', async () => {
    const queue = await createBullQueue({ redis: redis.url, out, name: 'named' });
    const { samples } = await readImageFolder({ folder: photos });
    const built = buildShards({ samples, out, queue, imagesPerShard: 1, validation: 0 });
    const args = ['data', 'work', out, '--queue', redis.url, '--queue-name', 'named', '--idle', '1'];
    const { code, out: printed, err } = await fgam(...args);
    expect((await built).shards).toHaveLength(3);
    await queue.close();
    expect(code).toBe(0);
    expect(printed).toBe('3 shards built, 0 attempts failed\n');
    expect(err).toMatch(/train-0000\d: built/);
    expect(await fgamJson(...args)).toEqual({ built: 0, failed: 0 });
  });

  test('a shard that is given up ends the build with 1; it is listed and tried again', async () => {
    const stop = new AbortController();
    const image = join(photos, 'a.png');
    const bytes = await readFile(image);
    // Changed as soon as its job is there.
    const changed = vi
      .waitUntil(async () => (await readdir(join(out, '.jobs')).catch(() => [])).length >= 3, {
        timeout: 10_000,
      })
      .then(() => writeFile(image, 'another file'))
      .then(() => workShards({ redis: redis.url, out, signal: stop.signal }));
    const { code, err } = await fgam(...source(), '--out', out, '--queue', redis.url, '--attempts', '1');
    expect(code).toBe(1);
    expect(err).toMatch(/1 was given up: train-00000: .*a\.png to have \d+ bytes/);
    const place = ['data', 'work', out, '--queue', redis.url];
    const listed = await fgamJson(...place, '--dead-letters');
    expect(listed).toMatchObject({ deadLetters: [{ shard: 'train-00000', attempts: 1 }] });
    await writeFile(image, bytes);
    expect((await fgam(...place, '--retry')).out).toBe('1 shards are tried again: train-00000\n');
    expect((await fgam(...place, '--dead-letters')).out).toBe('no shard was given up\n');
    expect(await fgamJson(...source(), '--out', out, '--queue', redis.url)).toMatchObject({ samples: 3 });
    stop.abort();
    await changed;
  });

  test('says how to start a server where there is none, and shows no password', async () => {
    const queue = `redis://:geheim@127.0.0.1:${await freePort()}/0`;
    for (const args of [
      [...source(), '--out', out],
      ['data', 'work', out],
    ]) {
      const { code, err, out: printed } = await fgam(...args, '--queue', queue, '--json');
      expect(code).toBe(1);
      expect(err).toContain('redis-server --port');
      expect(JSON.parse(printed)).toMatchObject({ error: { code: 'data/no-redis' } });
      expect(err + printed).not.toContain('geheim');
    }
    expect((await fgam('data', 'work', out)).code).toBe(2);
    const scenes = await fgam('data', 'build', '--from', 'scenes', '--out', out, '--queue', redis.url);
    expect(scenes.code).toBe(2);
    expect(scenes.err).toContain('--queue');
    await rm(photos, { recursive: true });
  });
});
