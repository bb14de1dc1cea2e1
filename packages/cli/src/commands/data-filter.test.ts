import { cp, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildShards, readScenes, readShards, type RegionSample, writeScenes } from '@fgam/data';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

/** Knows four colours and two shapes: `tools/make-tiny-clip.py`. */
const clip = fileURLToPath(new URL('../../../label/test-fixtures/tiny-clip', import.meta.url));

let folder: string;
let shards: string;
beforeAll(async () => {
  folder = await temporary('filter');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 12, seed: 1, split: 'train' });
  shards = join(folder, 'shards');
  const { samples } = await readScenes(scenes);
  await buildShards({ samples, out: shards, validation: 0.3, imagesPerShard: 3, seed: 1 });
});

async function readAll(place: string): Promise<Map<string, RegionSample & { readonly split: string }>> {
  const samples = new Map<string, RegionSample & { readonly split: string }>();
  for await (const { sample, split } of readShards(place)) samples.set(sample.id, { ...sample, split });
  return samples;
}

test('leaves out what its limits and CLIP say, lists each by its reason, and ends the same again', async () => {
  const before = await readAll(shards);
  const regions = [...before.values()].flatMap((sample) => sample.regions);
  const lengths = regions.map(({ description }) => description.split(' ').length).sort((a, b) => a - b);
  const limit = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const out = join(folder, 'out');
  const args = [
    ...['data', 'filter', shards, '--texts', 'descriptions', '--min-width', '16'],
    ...['--max-words', String(limit), '--clip', clip, '--min-clip-score', '0.1', '--out', out],
  ];
  const result = await fgamJson(...args);
  const after = await readAll(out);
  const kept = [...after.values()].flatMap((sample) => sample.regions);
  const dropped = result['dropped'] as Record<'samples' | 'regions', Record<string, number>>;
  const { 'description-length': long = 0, 'low-clip-score': low = 0 } = dropped.regions;
  expect(long).toBe(lengths.filter((length) => length > limit).length);
  expect(low).toBeGreaterThan(0);
  expect(kept).toHaveLength(regions.length - long - low);
  expect(result).toMatchObject({ regions: kept.length, samples: after.size });
  for (const { descriptionScore } of kept) expect(descriptionScore?.value).toBeGreaterThanOrEqual(0.1);
  for (const [id, { split }] of after) expect(split).toBe(before.get(id)?.split);
  const listed = (await readFile(join(out, 'skipped.jsonl'), 'utf8')).trim().split('\n');
  expect(listed).toHaveLength(Number(result['skipped']));
  expect(listed.filter((line) => line.includes('"low-clip-score"')).length).toBeGreaterThanOrEqual(low);
  expect(listed.join()).not.toContain(folder);
  expect(await readdir(out)).not.toContain('.images');

  const manifest = await readFile(join(out, 'manifest.json'), 'utf8');
  expect(await fgam(...args)).toMatchObject({ code: 0 });
  expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe(manifest);
  const other = await fgam(...args, '--max-words', '3');
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining('--overwrite') as string });
});

test('replaces no shards of another command without --overwrite, and nothing but shards with it', async () => {
  const out = join(folder, 'others');
  await cp(shards, out, { recursive: true });
  await cp(join(out, 'index.jsonl'), join(out, 'labels.json'));
  const args = ['data', 'filter', shards, '--out', out];
  const files = async () =>
    Promise.all(
      (await readdir(out)).sort().map(async (name) => [name, (await stat(join(out, name))).mtimeMs]),
    );
  const before = await files();
  const refused = await fgam(...args, '--max-words', '9');
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no filter.json') as string,
  });
  expect(refused.err).toContain('--overwrite');
  // A filter that keeps nothing has nothing to replace them by.
  const empty = await fgam(...args, '--min-width', '100000', '--overwrite');
  expect(empty).toMatchObject({ code: 1, err: expect.stringContaining('none usable') as string });
  expect(await files()).toEqual(before);
  expect(await fgam(...args, '--max-words', '9', '--overwrite')).toMatchObject({ code: 0 });
  expect(await fgam(...args, '--max-words', '9')).toMatchObject({ code: 0 });
  // What others said of the shards that were there is not true of these.
  expect(await readdir(out)).not.toContain('labels.json');

  const scenes = join(folder, 'scenes');
  const names = await readdir(scenes);
  for (const more of [[], ['--overwrite']])
    expect(await fgam('data', 'filter', shards, '--max-words', '9', '--out', scenes, ...more)).toMatchObject({
      code: 1,
      err: expect.stringContaining('got one of something else') as string,
    });
  expect(await readdir(scenes)).toEqual(names);
});

test('refuses a link to its own source before anything of it is removed', async () => {
  const link = join(folder, 'link');
  await symlink(shards, link);
  const files = async () =>
    Promise.all(
      (await readdir(shards)).sort().map(async (name) => [name, (await stat(join(shards, name))).mtimeMs]),
    );
  const before = await files();
  for (const [source, out] of [
    [shards, link],
    [link, shards],
    [shards, join(link, '.', '')],
  ] as const)
    expect(
      await fgam('data', 'filter', source, '--max-words', '9', '--out', out, '--overwrite', '--json'),
    ).toMatchObject({
      ...{ code: 2, out: '' },
      err: expect.stringContaining(
        `expected --out to be another folder than ${source}, got the same`,
      ) as string,
    });
  expect(await files()).toEqual(before);
});

test('says what is wrong before it does anything', async () => {
  const args = ['data', 'filter', shards, '--out', join(folder, 'none')];
  const refused = async (...more: string[]) => (await fgam(...args, ...more)).err;
  expect(await refused()).toContain('expected a limit');
  for (const more of [[], ['--clip', clip], ['--min-width', '1', '--out', shards]])
    expect(await fgam(...args, ...more, '--json')).toMatchObject({ code: 2, out: '' });
  expect(await refused('--clip', clip)).toContain('--clip and --min-clip-score together');
  expect(await refused('--min-words', '5', '--max-words', '2')).toContain('more than maxWords');
  expect(await fgam(...args, '--min-clip-score', '2')).toMatchObject({ code: 2 });
  expect(await fgam(...args, '--max-aspect', '0.5')).toMatchObject({ code: 2 });
  expect(await refused('--clip', folder, '--min-clip-score', '0.2')).toContain('text_model.onnx');
  expect(await readdir(folder)).not.toContain('none');
  expect(await refused('--min-width', '100000')).toContain('none usable');
});
