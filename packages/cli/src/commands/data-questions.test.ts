import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readQuestions, writeScenes } from '@fgam/data';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { fgam, fgamJson, temporary } from './command.test-support.js';

let folder: string;
let shards: string;
beforeAll(async () => {
  folder = await temporary('questions');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 12, seed: 1, split: 'train' });
  shards = join(folder, 'shards');
  await fgam('data', 'build', scenes, '--from', 'scenes', '--validation', '0.3', '--out', shards);
});

test('data questions writes questions with their evidence, the same each time', async () => {
  const out = join(folder, 'questions.jsonl');
  const result = await fgamJson('data', 'questions', shards, '--out', out, '--per-image', '6', '--seed', '3');
  const questions = await readQuestions(out);
  expect(result).toMatchObject({ out, questions: questions.length });
  expect(questions.length).toBeGreaterThan(20);
  expect(questions.every(({ truth }) => truth !== undefined)).toBe(true);
  const again = join(folder, 'again.jsonl');
  await fgamJson('data', 'questions', shards, '--out', again, '--per-image', '6', '--seed', '3');
  expect(await readFile(again, 'utf8')).toBe(await readFile(out, 'utf8'));
});

test('data questions takes kinds, a split and a format, and lays the images', async () => {
  const [out, images] = [join(folder, 'llava.json'), join(folder, 'laid')];
  const places = ['--out', out, '--images', images, '--format', 'llava', '--split', 'validation'];
  const run = await fgam('data', 'questions', shards, '--kinds', 'grounding,existence', ...places);
  expect(run).toMatchObject({ code: 0 });
  expect(run.out).toMatch(/existence: \d+; the most frequent answer 50 %/);
  const conversation = z.tuple([
    z.strictObject({ from: z.literal('human'), value: z.string().regex(/^<image>\n(Is|Are|Where) /) }),
    z.strictObject({
      from: z.literal('gpt'),
      value: z.string().regex(/^(yes|no|\[0\.\d\d(, [01]\.\d\d){3}\])$/),
    }),
  ]);
  const form = z
    .array(z.strictObject({ id: z.string(), image: z.string(), conversations: conversation }))
    .min(4);
  const records = form.parse(JSON.parse(await readFile(out, 'utf8')));
  for (const { image } of records) expect(existsSync(join(images, image))).toBe(true);
  expect((await readdir(images)).every((name) => name.startsWith('validation-'))).toBe(true);
});

test('data questions lays no image over one of other shards; the same images are fine', async () => {
  const others = join(folder, 'other-shards');
  const scenes = join(folder, 'other-scenes');
  await writeScenes({ out: scenes, count: 3, seed: 2, split: 'train' });
  await fgam('data', 'build', scenes, '--from', 'scenes', '--validation', '0', '--out', others);
  const images = join(folder, 'shared');
  const run = (from: string) =>
    fgam('data', 'questions', from, '--out', join(folder, 'shared.jsonl'), '--images', images);
  expect(await run(shards)).toMatchObject({ code: 0 });
  // One is missing, and names before that of another image are free.
  const [first = '', second = '', ...rest] = (await readdir(images)).sort();
  await rm(join(images, first));
  const read = (names: readonly string[]) =>
    Promise.all(names.map((name) => readFile(join(images, name), 'base64')));
  const before = await read([second, ...rest]);
  const refused = await run(others);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain(`${join(images, second)}: expected the image of this name in ${others}`);
  expect(refused.err).not.toContain('    at ');
  expect((await readdir(images)).sort()).toEqual([second, ...rest]);
  expect(await read([second, ...rest])).toEqual(before);
  expect(await run(shards)).toMatchObject({ code: 0 });
  expect((await readdir(images)).sort()).toEqual([first, second, ...rest]);
});

test('data questions refuses kinds that there are not, and shards that leave nothing to ask', async () => {
  const out = join(folder, 'none.jsonl');
  const unknown = await fgam('data', 'questions', shards, '--out', out, '--kinds', 'existence,colour');
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('got "colour"');
  const captions = join(folder, 'images-only');
  await fgam(
    'data',
    'build',
    join(folder, 'scenes', 'images'),
    '--from',
    'images',
    '--validation',
    '0',
    '--out',
    captions,
  );
  const empty = await fgam('data', 'questions', captions, '--out', out);
  expect(empty.code).toBe(1);
  expect(empty.err).toMatch(/expected questions of 12 images, got none; not asked: open-world/);
  expect(existsSync(out)).toBe(false);
});
