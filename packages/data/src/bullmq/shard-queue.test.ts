import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BuildShardsOptions, buildShards } from '../build-shards.js';
import { limitImagePixels } from '../image-limit.js';
import { createInProcessQueue } from '../in-process-queue.js';
import type { RegionSample } from '../records.js';
import { type BullQueueOptions, createBullQueue, type QueueState } from './create-bull-queue.js';
import { readDeadLetters, retryDeadLetters } from './dead-letters.js';
import { filesOf, kill, said } from './kill-shards.test-support.js';
import { bundleQueueProcess, LEASE, queueSamples, startQueueProcess } from './queue-process.test-support.js';
import { openFolderId } from './folder-id.js';
import { queueName } from './redis-place.js';
import { freePort, isRedisAbsent, startRedis, type TestRedis } from './redis.test-support.js';
import { workShards, type WorkShardsOptions } from './work-shards.js';

describe.skipIf(isRedisAbsent)('shards by a queue on Redis (skipped without redis-server)', () => {
  let redis: TestRedis;
  let folder: string;
  let out: string;
  let samples: RegionSample[];
  let stop: AbortController;

  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.kill());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-bull-'));
    out = join(folder, 'shards');
    stop = new AbortController();
    const region = {
      id: '1',
      box: { x0: 0, y0: 0, x1: 1, y1: 1 },
      label: 'l',
      description: 'd',
      source: 'hand',
    };
    samples = await Promise.all(
      Array.from({ length: 12 }, async (_, i): Promise<RegionSample> => {
        const image = join(folder, `${i}.png`);
        const colour = { r: i * 20, g: 0, b: 0 };
        await sharp({ create: { width: 16, height: 8, channels: 3, background: colour } }).toFile(image);
        return { id: `s${i}`, image, width: 16, height: 8, regions: [region] };
      }),
    );
  });
  afterEach(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });

  const place = () => ({ redis: redis.url, out });
  const work = (options: Partial<WorkShardsOptions> = {}) =>
    workShards({ ...place(), signal: stop.signal, ...options });
  async function build(
    options: Partial<BullQueueOptions> = {},
    of: Partial<BuildShardsOptions> = {},
  ): Promise<Awaited<ReturnType<typeof buildShards>>> {
    const queue = await createBullQueue({ ...place(), interval: 200, ...options });
    try {
      return await buildShards({ samples, out, imagesPerShard: 4, validation: 0.3, queue, ...of });
    } finally {
      await queue.close();
    }
  }
  /**
   * What is left of the queue in Redis, but for the settings of a queue that a worker writes
   * where it outlives the build.
   */
  async function keys(): Promise<string[]> {
    const client = new Redis(redis.url);
    try {
      return (await client.keys(`bull:${queueName(place())}:*`)).filter(
        (key) => !/:(meta|stalled-check)$/.test(key),
      );
    } finally {
      client.disconnect();
    }
  }

  it('gives the bytes of a build in this process, and leaves nothing in Redis', async () => {
    const states: QueueState[] = [];
    const done: string[] = [];
    const worker = work({ concurrency: 2, onShard: ({ shard }) => done.push(shard) });
    const manifest = await build({ onState: (state) => states.push(state) });
    stop.abort();
    expect(await worker).toEqual({ built: manifest.shards.length, failed: 0 });
    expect(done.map((name) => `${name}.tar`).sort()).toEqual(manifest.shards.map(({ name }) => name).sort());
    await buildAlone();
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
    expect(await keys()).toEqual([]);
  });

  it('is refused by a worker that has another limit of pixels', async () => {
    const states: QueueState[] = [];
    const ended = new AbortController();
    const built = build({ onState: (state) => states.push(state) }, { signal: ended.signal });
    built.catch(() => undefined);
    await vi.waitUntil(() => (states.at(-1)?.waiting ?? 0) > 0, { timeout: 30_000 });
    onTestFinished(() => limitImagePixels());
    limitImagePixels(1000);
    await expect(work()).rejects.toMatchObject({
      code: 'data/bad-config',
      message: expect.stringMatching(/limit of 100000000 pixels an image.*got 1000; call limit/) as string,
    });
    ended.abort();
    await expect(built).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is attached to by the same build, started again', async () => {
    const states: QueueState[] = [];
    const ended = new AbortController();
    const first = build({ onState: (state) => states.push(state) }, { signal: ended.signal });
    first.catch(() => undefined);
    const { shards } = await buildAlone();
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    ended.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    states.length = 0;
    const again = build({ onState: (state) => states.push(state) });
    // Those of the former build are taken off until this one has cut them.
    await vi.waitUntil(() => states.length > 1 && states.at(-1)?.waiting === shards.length, {
      timeout: 30_000,
    });
    expect(states.at(-1)).toMatchObject({ waiting: shards.length, workers: 0 });
    const worker = work({ idle: 2 });
    await again;
    expect(await worker).toEqual({ built: shards.length, failed: 0 });
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('builds nothing of a former plan, and hands out what Redis loses beside it', async () => {
    const states: QueueState[] = [];
    const ended = new AbortController();
    const former = build(
      { onState: (state) => states.push(state) },
      { imagesPerShard: 1, signal: ended.signal },
    );
    former.catch(() => undefined);
    await vi.waitUntil(() => states.at(-1)?.waiting === samples.length, { timeout: 30_000 });
    ended.abort();
    await expect(former).rejects.toMatchObject({ name: 'AbortError' });
    const { shards } = await buildAlone();
    states.length = 0;
    const again = build({ interval: 1500, onState: (state) => states.push(state) });
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    const connection = { url: redis.url, maxRetriesPerRequest: null };
    const queue = new Queue<{ folderId: string }>(queueName(place()), { connection });
    const holder = new Worker(queueName(place()), null, { connection, autorun: false });
    try {
      const [job] = await queue.getWaiting();
      // Two jobs of the former plan come back, as from workers that died; one of them is taken.
      // One of this plan is lost.
      const stale = ['train-00008', 'train-00009'].map((shard) => ({
        ...{ name: shard, data: job?.data ?? { folderId: '' } },
        opts: { lifo: true, jobId: `${shard}.0123456789abcdef.${job?.data.folderId ?? ''}` },
      }));
      await queue.addBulk(stale);
      expect((await holder.getNextJob('held'))?.name).toMatch(/^train-0000[89]$/);
      await job?.remove();
      await vi.waitUntil(async () => (await queue.getWaiting()).some(({ id }) => id === job?.id), {
        timeout: 30_000,
      });
      const waiting = (await queue.getWaiting()).map((job) => job.name);
      expect(waiting).not.toContain('train-00008');
      expect(waiting).not.toContain('train-00009');
      expect(await queue.getActiveCount()).toBe(1);
    } finally {
      await Promise.all([queue.close(), holder.close()]);
    }
    const done: string[] = [];
    const worker = work({ onShard: ({ shard }) => done.push(shard) });
    await again;
    stop.abort();
    expect(await worker).toEqual({ built: shards.length, failed: 0 });
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('keeps builds of two folders in one queue apart', async () => {
    const name = 'shared';
    const [mine, theirs] = [out, join(folder, 'theirs')];
    const states: QueueState[] = [];
    const onState = (state: QueueState) => states.push(state);
    const { shards } = await buildAlone();
    const first = build({ name, onState });
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    const troubles: string[] = [];
    const onTrouble = ({ message }: Error) => troubles.push(message);
    const second = build({ name, out: theirs, onTrouble }, { out: theirs });
    await vi.waitUntil(() => troubles.length > 0, { timeout: 30_000 });
    expect(states.at(-1)?.waiting).toBe(shards.length);
    const ofTheirs = work({ name, out: theirs, onTrouble });
    await second;
    expect(await filesOf(theirs)).toEqual(await filesOf(join(folder, 'alone')));
    const ofMine = work({ name, out: mine });
    await first;
    stop.abort();
    expect(await ofTheirs).toEqual({ built: shards.length, failed: 0 });
    expect(await ofMine).toEqual({ built: shards.length, failed: 0 });
    expect(await filesOf(mine)).toEqual(await filesOf(join(folder, 'alone')));
    expect(new Set(troubles)).toEqual(
      new Set([expect.stringContaining('shared has jobs of another folder')]),
    );
  });

  it.each([1, 2])(
    'stands back from a job of another folder, with %d at once, and keeps no lock of it',
    async (concurrency) => {
      const name = `stands-back-${concurrency}`;
      const theirs = join(folder, 'theirs');
      const built = build({ name });
      onTestFinished(() => void vi.restoreAllMocks());
      const [pause, resume] = [vi.spyOn(Worker.prototype, 'pause'), vi.spyOn(Worker.prototype, 'resume')];
      const troubles: string[] = [];
      await mkdir(theirs);
      await openFolderId(theirs);
      const other = work({
        // A job is given back for a quarter of the lease.
        ...{ name, out: theirs, concurrency, lease: 3 * LEASE },
        onTrouble: ({ message }) => troubles.push(message),
      });
      await vi.waitUntil(() => troubles.length >= 8, { timeout: 30_000, interval: 5 });
      const mine = work({ name });
      await built;
      stop.abort();
      expect(await other).toEqual({ built: 0, failed: 0 });
      expect((await mine).failed).toBe(0);
      expect(new Set(troubles)).toEqual(new Set([expect.stringContaining('has jobs of another folder')]));
      expect(pause).toHaveBeenCalledWith(true);
      expect(resume).toHaveBeenCalled();
    },
  );

  it('hands a job over at once where its worker is told to end', async () => {
    samples = await slowSamples(64);
    const built = build({}, { imagesPerShard: 64, validation: 0 });
    const ending = new AbortController();
    // Whoever waited for the lease would not live to see it.
    const lease = 600_000;
    const first = work({ signal: ending.signal, lease });
    await vi.waitUntil(isAtWork, { timeout: 30_000, interval: 5 });
    ending.abort();
    expect(await first).toEqual({ built: 0, failed: 0 });
    const second = work({ lease });
    expect((await built).samples).toBe(64);
    stop.abort();
    expect(await second).toEqual({ built: 1, failed: 0 });
  });

  it('builds a shard again where a lease runs out, and the one that comes late changes nothing', async () => {
    await bundleQueueProcess(folder);
    samples = await slowSamples(72);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* source(): AsyncGenerator<RegionSample> {
      yield* samples.slice(0, 65);
      await released;
      yield* samples.slice(65);
    }
    const settings = { imagesPerShard: 64, validation: 0 };
    const built = build({ name: 'killed' }, { ...settings, samples: source() });
    const late = startQueueProcess('work', folder, redis.url);
    try {
      await vi.waitUntil(isAtWork, { timeout: 30_000, interval: 5 });
      late.kill('SIGSTOP');
      const taken = vi.fn();
      const other = work({ name: 'killed', lease: LEASE, onShard: taken });
      await vi.waitUntil(() => taken.mock.calls.length > 0, { timeout: 30_000 });
      const before = await doneIn(join(out, '.jobs'));
      expect(before).toHaveLength(1);
      const resumed = said(late, 'train-00000 built');
      late.kill('SIGCONT');
      await resumed;
      expect(await doneIn(join(out, '.jobs'))).toEqual(before);
      release();
      await built;
      stop.abort();
      await other;
    } finally {
      await kill(late);
    }
    await buildAlone(settings);
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('lists a shard that fails each time, ends with it when all others are built, and goes on when it is mended', async () => {
    const { image } = samples[0] as RegionSample;
    const bytes = await readFile(image);
    await utimes(image, 1, 1);
    const { shards } = await buildAlone();
    const states: QueueState[] = [];
    const built = build({ attempts: 2, onState: (state) => states.push(state) });
    built.catch(() => undefined);
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    await writeFile(image, 'another file');
    const faults: string[] = [];
    const worker = work({ onShard: ({ fault }) => fault !== undefined && faults.push(fault) });
    await expect(built).rejects.toMatchObject({
      code: 'data/dead-letter',
      message: expect.stringMatching(
        /1 was given up: (train|validation)-0000\d: .*0\.png to have \d+ bytes/,
      ) as string,
    });
    expect(faults).toHaveLength(2);
    expect(await readdir(out)).not.toContain('manifest.json');
    expect((await readdir(out)).filter((name) => name.endsWith('.tar'))).toHaveLength(shards.length - 1);
    const letters = await readDeadLetters(place());
    expect(letters).toMatchObject([{ attempts: 2, reason: faults[1] }]);

    await writeFile(image, bytes);
    await utimes(image, 1, 1);
    expect(await retryDeadLetters(place())).toEqual(letters);
    expect(await readDeadLetters(place())).toEqual([]);
    await build();
    stop.abort();
    await worker;
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
    expect(await keys()).toEqual([]);
  });

  it('gives up a shard that loses its worker as often as is told, and tries it again when it is asked once more', async () => {
    await bundleQueueProcess(folder);
    samples = await slowSamples(64);
    const settings = { imagesPerShard: 64, validation: 0 };
    const built = build({ name: 'killed' }, settings);
    built.catch(() => undefined);
    const dying = startQueueProcess('work', folder, redis.url);
    await vi.waitUntil(isAtWork, { timeout: 30_000, interval: 5 });
    await kill(dying);
    const ending = new AbortController();
    const worker = work({ name: 'killed', lease: LEASE, losses: 1, signal: ending.signal });
    await expect(built).rejects.toMatchObject({
      code: 'data/dead-letter',
      message: expect.stringContaining('train-00000: its workers died') as string,
    });
    ending.abort();
    await worker;
    expect(await readDeadLetters({ ...place(), name: 'killed' })).toHaveLength(1);
    const patient = work({ name: 'killed', losses: 1 });
    expect((await build({ name: 'killed' }, settings)).samples).toBe(64);
    stop.abort();
    await patient;
  });

  it('goes on where the server is gone for a while and has lost all', async () => {
    const states: QueueState[] = [];
    const onTrouble = vi.fn();
    const { shards } = await buildAlone();
    const built = build({ onState: (state) => states.push(state), onTrouble });
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    await redis.kill();
    // Several that could not reach it.
    await vi.waitUntil(() => onTrouble.mock.calls.length > 5, { timeout: 30_000 });
    await redis.start();
    const worker = work();
    await built;
    stop.abort();
    expect(await worker).toEqual({ built: shards.length, failed: 0 });
    expect(onTrouble).toHaveBeenCalled();
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('ends a worker that does not see the folder, or the images, and leaves the job to others', async () => {
    const states: QueueState[] = [];
    const name = 'seen-elsewhere';
    const photos = join(folder, 'photos');
    await mkdir(photos);
    for (const [i, { image }] of samples.entries()) await rename(image, join(photos, `${i}.png`));
    samples = samples.map((sample, i) => ({ ...sample, image: join(photos, `${i}.png`) }));
    const built = build({ name, onState: (state) => states.push(state) });
    await vi.waitUntil(() => (states.at(-1)?.waiting ?? 0) > 0, { timeout: 30_000 });
    const elsewhere = work({ name, out: join(folder, 'elsewhere') });
    await expect(elsewhere).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(elsewhere).rejects.toThrow(/elsewhere.* every host needs the shard folder/);
    await rename(photos, `${photos}.away`);
    await expect(work({ name })).rejects.toThrow(/an image of \d+ bytes, as the coordinator saw it/);
    await rename(`${photos}.away`, photos);
    const seeing = work({ name });
    await built;
    stop.abort();
    await seeing;
    await buildAlone();
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('skips an image that is removed once it was seen, as a build in this process does', async () => {
    const { image } = samples[0] as RegionSample;
    const bytes = await readFile(image);
    const settings = { imagesPerShard: 4, validation: 0 };
    await utimes(image, 1, 1);
    const here = createInProcessQueue();
    const queue: typeof here = {
      ...here,
      add: async (job, signal) => {
        if (job.samples[0]?.image === image) await rm(image);
        return here.add(job, signal);
      },
    };
    const { shards } = await buildAlone({ ...settings, queue });
    expect(shards.map((shard) => shard.samples)).toEqual([3, 4, 4]);
    await writeFile(image, bytes);
    await utimes(image, 1, 1);
    const states: QueueState[] = [];
    const built = build({ onState: (state) => states.push(state) }, settings);
    await vi.waitUntil(() => states.at(-1)?.waiting === shards.length, { timeout: 30_000 });
    await rm(image);
    const worker = work();
    await built;
    stop.abort();
    expect(await worker).toEqual({ built: shards.length, failed: 0 });
    expect(await filesOf(out)).toEqual(await filesOf(join(folder, 'alone')));
  });

  it('fails a shard, but ends no worker, where the only image of a folder is removed', async () => {
    const { image, ...rest } = samples[0] as RegionSample;
    const moved = join(folder, 'one', '0.png');
    await mkdir(join(folder, 'one'));
    await rename(image, moved);
    samples = [{ ...rest, image: moved }, ...samples.slice(1)];
    const states: QueueState[] = [];
    const of = { imagesPerShard: 4, validation: 0 };
    const built = build({ attempts: 1, onState: (state) => states.push(state) }, of);
    built.catch(() => undefined);
    await vi.waitUntil(() => states.at(-1)?.waiting === 3, { timeout: 30_000 });
    await rm(moved);
    const worker = work();
    await expect(built).rejects.toMatchObject({ code: 'data/dead-letter' });
    stop.abort();
    expect(await worker).toEqual({ built: 2, failed: 1 });
  });

  it('refuses a server that is not there or wants a password, and shows none', async () => {
    const port = await freePort();
    const absent = createBullQueue({ redis: `redis://:geheim@127.0.0.1:${port}/0`, out });
    await expect(absent).rejects.toMatchObject({ code: 'data/no-redis' });
    await expect(absent).rejects.toThrow(`redis-server --port ${port} --save ''`);
    await expect(absent).rejects.not.toThrow('geheim');
    const wrong = work({ redis: 'http://:geheim@host' });
    await expect(wrong).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(wrong).rejects.not.toThrow('geheim');
    await expect(work({ name: 'a:b' })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(work({ concurrency: 0 })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(build({ attempts: 0 })).rejects.toMatchObject({ code: 'data/bad-config' });

    const locked = await startRedis('--requirepass', 'geheim');
    try {
      await expect(readDeadLetters({ redis: locked.url, out })).rejects.toThrow('FGAM_REDIS_PASSWORD');
      const refused = readDeadLetters({ redis: locked.url, out, password: 'falsch' });
      await expect(refused).rejects.toMatchObject({ code: 'data/no-redis' });
      await expect(refused).rejects.not.toThrow('falsch');
      expect(await readDeadLetters({ redis: locked.url, out, password: 'geheim' })).toEqual([]);
    } finally {
      await locked.kill();
    }
  });

  it('ends without a server too', async () => {
    const passing = await startRedis();
    const away = { ...place(), redis: passing.url };
    const troubles = vi.fn();
    const queue = await createBullQueue({ ...away, onTrouble: troubles });
    const worker = workShards({ ...away, signal: stop.signal, onTrouble: troubles });
    await vi.waitUntil(
      async () => {
        const client = new Redis(passing.url);
        const clients = String(await client.client('LIST'));
        client.disconnect();
        return clients.includes('cmd=bzpopmin');
      },
      { timeout: 30_000 },
    );
    await passing.kill();
    await vi.waitUntil(() => troubles.mock.calls.length > 0, { timeout: 30_000 });
    stop.abort();
    expect(await worker).toEqual({ built: 0, failed: 0 });
    await queue.close();
  });

  it('ends where BullMQ cannot close, with nobody to tell', async () => {
    const close = vi.spyOn(Worker.prototype, 'close').mockRejectedValueOnce(new Error('not closed'));
    try {
      expect(await work({ signal: AbortSignal.abort() })).toEqual({ built: 0, failed: 0 });
      expect(close).toHaveBeenCalledOnce();
    } finally {
      close.mockRestore();
    }
  });

  function buildAlone(settings: Partial<BuildShardsOptions> = { imagesPerShard: 4, validation: 0.3 }) {
    return buildShards({ samples, out: join(folder, 'alone'), ...settings });
  }

  /**
   * Samples of one photo that takes a while to decode; not long, since a worker that ends waits for those
   * that it has begun.
   */
  async function slowSamples(count: number): Promise<RegionSample[]> {
    const [first] = await queueSamples(folder, 1);
    const image = join(folder, 'slow.jpg');
    await sharp(join(folder, first?.image ?? ''))
      .resize(800, 600)
      .jpeg({ progressive: true })
      .toFile(image);
    const size = { width: 800, height: 600 };
    return Array.from({ length: count }, (_, i) => ({
      ...{ ...(first as RegionSample), ...size, id: `s${i}`, image },
    }));
  }

  async function isAtWork(): Promise<boolean> {
    const names = await readdir(join(out, '.jobs'), { recursive: true }).catch(() => []);
    return names.some((name) => name.endsWith('.attempt'));
  }

  /** The folders of finished shards in a folder of jobs: name and inode. */
  async function doneIn(jobs: string): Promise<[string, number][]> {
    const names = await readdir(jobs, { recursive: true });
    const done = names.filter((name) => name.endsWith('done'));
    return Promise.all(
      done.map(async (name) => [name, (await stat(join(jobs, name))).ino] as [string, number]),
    );
  }
});
