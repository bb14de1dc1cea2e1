import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildShards } from './build-shards.js';
import { createInProcessQueue } from './in-process-queue.js';
import type { RegionSample } from './records.js';
import { sha256 } from './sha256.js';

describe('createInProcessQueue', () => {
  let folder: string;
  let samples: RegionSample[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-in-process-'));
    samples = await Promise.all(
      Array.from({ length: 20 }, async (_, i): Promise<RegionSample> => {
        const image = relative(process.cwd(), join(folder, `${i}.png`));
        const background = { r: i * 10, g: 0, b: 0 };
        await sharp({ create: { width: 8, height: 8, channels: 3, background } }).toFile(image);
        const region = {
          id: '1',
          box: { x0: 0, y0: 0, x1: 1, y1: 1 },
          label: 'l',
          description: `${i}`,
          source: 's',
        };
        return { id: `s${i}`, image, width: 8, height: 8, regions: [region] };
      }),
    );
    await rm(samples[3]?.image ?? '');
    await writeFile(samples[4]?.image ?? '', 'no image');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function sumsOf(out: string): Promise<[string, string][]> {
    const names = (await readdir(out)).sort();
    return Promise.all(
      names.map(async (name) => [name, sha256(await readFile(join(out, name)))] as [string, string]),
    );
  }

  it('gives the same files however many shards are under way, in their order', async () => {
    const sums: unknown[] = [];
    for (const shards of [1, 2, 5]) {
      const out = join(folder, `shards-${shards}`);
      const done: string[] = [];
      await buildShards({
        ...{ samples, out, imagesPerShard: 3, validation: 0.2, queue: createInProcessQueue({ shards }) },
        onProgress: ({ shard }) => done.push(shard),
      });
      sums.push([done, await sumsOf(out)]);
    }
    expect(sums[1]).toEqual(sums[0]);
    expect(sums[2]).toEqual(sums[0]);
  });

  it('names a missing image as its sample does', async () => {
    const out = join(folder, 'shards');
    await buildShards({ samples, out, validation: 0 });
    const image = samples[3]?.image ?? '';
    const [missing] = (await readFile(join(out, 'skipped.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(missing ?? '')).toMatchObject({ file: image, reason: 'missing-image' });
    expect(missing).toContain(`expected an image at ${image}, found none`);
  });

  it('says the same of images that cannot be decoded, whatever is decoded beside them', async () => {
    const whole = await sharp({ create: { width: 900, height: 900, channels: 3, background: '#123' } })
      .jpeg()
      .toBuffer();
    const broken = samples.map((sample) => ({ ...sample, image: sample.image.replace('.png', '.jpg') }));
    for (const { image } of broken) await writeFile(image, whole.subarray(0, whole.length / 2));
    const said: unknown[] = [];
    for (const shards of [1, 4]) {
      const out = join(folder, `broken-${shards}`);
      const all = [...broken, { ...(samples[0] as RegionSample), id: 'whole' }];
      await buildShards({ samples: all, out, imagesPerShard: 5, queue: createInProcessQueue({ shards }) });
      said.push(await readFile(join(out, 'skipped.jsonl'), 'utf8'));
    }
    expect(said[0]).toContain(`at ${broken[0]?.image ?? ''}, got ${Math.floor(whole.length / 2)} bytes`);
    expect(said[1]).toBe(said[0]);
  });

  it('ends with the error of a shard, and leaves nothing running', async () => {
    const out = join(folder, 'shards');
    const failing = createInProcessQueue({ shards: 2 });
    let added = 0;
    const queue = {
      ...failing,
      add: (...job: Parameters<typeof failing.add>) =>
        ++added === 2
          ? Promise.resolve({ built: Promise.reject(new Error('disk full')) })
          : failing.add(...job),
    };
    await expect(buildShards({ samples, out, imagesPerShard: 3, queue })).rejects.toThrow('disk full');
    const left = await readdir(join(out, '.jobs'), { recursive: true });
    expect(left.filter((name) => name.endsWith('.attempt'))).toEqual([]);
    expect(await readdir(out)).not.toContain('manifest.json');
    expect((await buildShards({ samples, out, imagesPerShard: 3 })).samples).toBe(18);
  });

  it.each([0, 1.5, NaN])('refuses %s shards at once', (shards) => {
    expect(() => createInProcessQueue({ shards })).toThrow('expected shards to be >= 1');
  });
});
