import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

test('data trajectories writes trajectories and what another engine trains on, the same each time', async () => {
  const folder = await temporary('trajectories');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 4, seed: 1, split: 'train' });
  const out = join(folder, 'out');
  const args = ['data', 'trajectories', scenes, '--wrong-share', '0.5', '--misleading-share', '0.2'];
  const result = await fgamJson(...args, '--format', 'llama-factory', '--out', out);
  expect(result['files']).toEqual([
    'trajectories.jsonl',
    'fgam_sft.json',
    'fgam_preference.json',
    'dataset_info.json',
  ]);
  const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
  expect(result['trajectories']).toBe(trajectories.length);
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final);
  expect(revised.length).toBeGreaterThan(0.3 * trajectories.length);
  expect(result['revised']).toBe(revised.length);
  expect(trajectories[0]?.image).toMatch(/^images\/.*\.png$/);
  const again = join(folder, 'again');
  await fgamJson(...args, '--format', 'llama-factory', '--out', again);
  const texts = (place: string) =>
    Promise.all(['trajectories.jsonl', 'fgam_sft.json'].map((file) => readFile(join(place, file), 'utf8')));
  expect(await texts(again)).toEqual(await texts(out));
});

test('data trajectories of shards: captions, questions made or given, scene graphs', async () => {
  const folder = await temporary('photo-trajectories');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 12, seed: 2, split: 'train' });
  const shards = join(folder, 'shards');
  await fgam('data', 'build', scenes, '--from', 'scenes', '--validation', '0', '--out', shards);
  const [out, images] = [join(folder, 'out'), join(folder, 'images')];
  const args = ['data', 'trajectories', shards, '--wrong-share', '1'];
  const result = await fgamJson(...args, '--format', 'llava', '--images', images, '--out', out);
  const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
  expect(result).toMatchObject({
    trajectories: trajectories.length,
    files: ['trajectories.jsonl', 'fgam.json'],
  });
  const errors = result['errors'] as Record<string, number>;
  for (const kind of ['object', 'relation', 'count', 'reasoning'])
    expect(errors[kind], kind).toBeGreaterThan(0);
  expect(Object.values(errors).reduce((a, b) => a + b)).toBe(result['revised']);
  for (const { image } of trajectories) expect(existsSync(join(images, image)), image).toBe(true);
  const ids = trajectories.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);

  const file = join(folder, 'questions.jsonl');
  await fgam('data', 'questions', shards, '--kinds', 'existence', '--out', file);
  const given = join(folder, 'given');
  await fgamJson(...args, '--of', 'graphs', '--questions', file, '--out', given);
  const asked = (await readTrajectories(join(given, 'trajectories.jsonl'))).map(({ id }) =>
    id.replace(/^.*?-|-\d+$/g, ''),
  );
  expect(new Set(asked)).toEqual(new Set(['existence', 'graph']));
  expect((await fgam(...args, '--of', 'songs', '--out', given)).code).toBe(2);
  const idle = ['--per-image', '3', '--out', join(folder, 'idle')];
  expect((await fgam(...args, '--questions', file, ...idle)).err).toContain(
    'expected options of trajectories with --questions, got --per-image; leave them out',
  );
  expect((await fgam(...args, '--of', 'captions,graphs', ...idle)).err).toContain(
    'expected options of trajectories of captions and graphs, got --per-image',
  );
  expect(existsSync(join(folder, 'idle'))).toBe(false);

  // No image is laid beside trajectories that are refused.
  const laid = join(folder, 'laid');
  expect(await fgam(...args, '--seed', '2', '--images', laid, '--out', out)).toMatchObject({
    code: 1,
    err: expect.stringContaining('or --overwrite') as string,
  });
  expect(existsSync(laid)).toBe(false);

  // Questions that lie beside shards do not make them scenes.
  await copyFile(file, join(shards, 'questions.jsonl'));
  const beside = join(folder, 'beside');
  await fgamJson(...args, '--of', 'graphs', '--questions', file, '--out', beside);
  const written = (place: string) => readFile(join(place, 'trajectories.jsonl'), 'utf8');
  expect(await written(beside)).toBe(await written(given));
});

test('data trajectories of scenes refuses what is for shards', async () => {
  const folder = await temporary('foreign');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 1, seed: 1, split: 'train' });
  const args = ['data', 'trajectories', scenes, '--out', join(folder, 'out')];
  const foreign = ['--of', 'graphs', '--split', 'validation', '--questions', 'q.jsonl', '--images', 'i'];
  const run = await fgam(...args, ...foreign, '--json');
  expect(run).toMatchObject({ code: 2, out: '' });
  expect(run.err.split('\n')[0]).toBe(
    'error: expected options of a scenes folder, got --of, --questions, --split, --images; leave them out',
  );
  expect((await fgam(...args, '--per-image', '8')).err).toContain('--per-image');
  expect(existsSync(join(folder, 'out'))).toBe(false);
  expect((await fgam(...args)).code).toBe(0);
});

test('data trajectories replaces no others without --overwrite, and writes into no folder of other data', async () => {
  const folder = await temporary('others');
  const [a, b, out] = ['a', 'b', 'out'].map((name) => join(folder, name)) as [string, string, string];
  await writeScenes({ out: a, count: 1, seed: 1, split: 'train' });
  await writeScenes({ out: b, count: 1, seed: 2, split: 'train' });
  const made = (source: string, ...more: readonly string[]) =>
    fgam('data', 'trajectories', source, '--out', out, ...more);
  expect(await made(a)).toMatchObject({ code: 0 });
  const file = join(out, 'trajectories.jsonl');
  const before = await readFile(file, 'utf8');
  // The same again, and another form of the same.
  expect(await made(a, '--format', 'trl')).toMatchObject({ code: 0 });
  for (const other of [await made(b), await made(a, '--seed', '2'), await made(b, '--format', 'llava')])
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('or --overwrite') as string });
  expect(await readFile(file, 'utf8')).toBe(before);
  expect(existsSync(join(out, 'fgam.json'))).toBe(false);
  expect(await made(b, '--overwrite')).toMatchObject({ code: 0 });
  expect(await readFile(file, 'utf8')).not.toBe(before);

  expect(await fgam('data', 'trajectories', a, '--out', a)).toMatchObject({ code: 2, out: '' });
  const into = await fgam('data', 'trajectories', a, '--out', b, '--overwrite');
  expect(into).toMatchObject({ code: 1, err: expect.stringContaining('something else') as string });
  for (const scenes of [a, b]) expect(existsSync(join(scenes, 'trajectories.jsonl'))).toBe(false);
});

test('data trajectories refuses a folder without questions or shards', async () => {
  const folder = await temporary('no-questions');
  const refused = await fgam('data', 'trajectories', folder, '--out', join(folder, 'out'));
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/expected a folder of shards or .*questions\.jsonl, found neither/);
});
