import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildShards } from './build-shards.js';
import { openShardLookup } from './open-shard-lookup.js';
import { readScenes } from './read-scenes.js';
import { readShardIndex, readShardTexts } from './read-shard-index.js';
import { readShards } from './read-shards.js';
import { writeScenes } from './scenes/write-scenes.js';

let folder: string;
let shards: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-lookup-'));
  shards = join(folder, 'shards');
  await writeScenes({ out: join(folder, 'scenes'), count: 12, seed: 3, split: 'train' });
  const { samples } = await readScenes(join(folder, 'scenes'));
  await buildShards({ samples, out: shards, imagesPerShard: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('finds every sample that a pass over the shards gives, in any order', async () => {
  const lookup = await openShardLookup(shards);
  const rows = new Map<string, { shard: string; key: string }>();
  for await (const { sample, shard, key } of readShardIndex(shards)) rows.set(sample, { shard, key });
  const samples = await all(readShards(shards));
  expect(samples).toHaveLength(12);
  for (const whole of samples.toReversed()) {
    const row = rows.get(whole.sample.id);
    expect(row).toBeDefined();
    if (row) expect(await lookup.read(row)).toEqual(whole);
  }
});

test('names that are in no manifest or tar lead nowhere', async () => {
  const lookup = await openShardLookup(shards);
  await expect(lookup.read({ shard: '../scenes/manifest.json', key: 'x' })).rejects.toMatchObject({
    code: 'data/bad-record',
  });
  await expect(lookup.read({ shard: 'train-00000.tar', key: '../../x' })).rejects.toThrow(/no whole sample/);
});

test('says what is wrong with a tar, and reads it once it is repaired', async () => {
  const lookup = await openShardLookup(shards);
  const first = await all(readShardIndex(shards));
  const row = first.find(({ shard }) => shard === 'train-00001.tar');
  if (!row) throw new Error('no second shard');
  const path = join(shards, row.shard);
  const whole = await readFile(path);
  await rm(path);
  await expect(lookup.read(row)).rejects.toMatchObject({ code: 'data/missing-file' });
  await writeFile(path, whole.subarray(0, 700));
  await expect(lookup.read(row)).rejects.toMatchObject({ code: 'data/bad-record' });
  await writeFile(path, whole);
  expect((await lookup.read(row)).sample.id).toBe(row.sample);
});

test('the words of the index are those of its rows', async () => {
  const rows = await all(readShardIndex(shards));
  const texts = (await all(readShardTexts(shards))).flat();
  expect(texts).toEqual(
    rows.map(({ sample, shard, key, split, label, description, source, caption, relations }) => ({
      ...{ sample, shard, key, split, label, description, source, caption },
      relations: z
        .array(z.object({ predicate: z.string() }))
        .parse(JSON.parse(relations ?? '[]'))
        .map(({ predicate }) => predicate),
    })),
  );
});
