import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, expect, it, vi } from 'vitest';
import { buildShards } from './build-shards.js';
import { readShards } from './read-shards.js';
import { writeAtomic } from './write-atomic.js';
import type * as WriteAtomic from './write-atomic.js';

vi.mock('./write-atomic.js', async (original) => {
  const actual = await original<typeof WriteAtomic>();
  return { ...actual, writeAtomic: vi.fn(actual.writeAtomic) };
});
const folder = await mkdtemp(join(tmpdir(), 'fgam-interrupted-'));
afterEach(() => rm(folder, { recursive: true }));

it('keeps no tar by the record of another, where a build ends between the two', async () => {
  const image = join(folder, 'a.png');
  await writeFile(
    image,
    await sharp({ create: { width: 4, height: 4, channels: 3, background: '#f00' } })
      .png()
      .toBuffer(),
  );
  const out = join(folder, 'shards');
  const samplesOf = (caption: string) => [{ id: 'a', image, width: 4, height: 4, caption, regions: [] }];
  await buildShards({ samples: samplesOf('old'), out, validation: 0 });

  const actual = await vi.importActual<typeof WriteAtomic>('./write-atomic.js');
  vi.mocked(writeAtomic).mockImplementation((path, content) =>
    path.endsWith('train-00000.json')
      ? Promise.reject(new Error('killed'))
      : actual.writeAtomic(path, content),
  );
  await expect(buildShards({ samples: samplesOf('new'), out, validation: 0 })).rejects.toThrow('killed');
  vi.mocked(writeAtomic).mockImplementation(actual.writeAtomic);

  const partial = 'train-00000.json.5a82dc33-d76f-4612-86db-c64ed1967c66.partial';
  await writeFile(join(out, partial), 'half');
  // The same again goes on with the tar that is in its place, ...
  const reused: boolean[] = [];
  const onProgress = (shard: { readonly reused: boolean }) => reused.push(shard.reused);
  await cp(out, `${out}-changed`, { recursive: true });
  await cp(out, `${out}-new`, { recursive: true });
  await buildShards({ samples: samplesOf('new'), out: `${out}-new`, validation: 0, onProgress });
  for await (const { sample } of readShards(`${out}-new`)) expect(sample.caption).toBe('new');
  expect(await readdir(`${out}-new`)).not.toContain(partial);
  // ... but not where that is another by now, ...
  await appendFile(join(`${out}-changed`, 'train-00000.tar'), 'x');
  await buildShards({ samples: samplesOf('new'), out: `${out}-changed`, validation: 0, onProgress });
  for await (const { sample } of readShards(`${out}-changed`)) expect(sample.caption).toBe('new');
  expect(reused).toEqual([true, false]);
  // ... nor with other samples.
  await buildShards({ samples: samplesOf('old'), out, validation: 0 });
  for await (const { sample } of readShards(out)) expect(sample.caption).toBe('old');
});
