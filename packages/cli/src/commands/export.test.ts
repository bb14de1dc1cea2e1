import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScenes } from '@fgam/data';
import { saveModel } from '@fgam/models';
import { readTrajectories } from '@fgam/rectifier';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { fgam, fgamJson, temporary, tinyModel } from './command.test-support.js';

/** What the three engines read, as their documentation has it. */
const text = z.string().min(1);
const turns = z
  .array(z.strictObject({ from: z.enum(['human', 'gpt']), value: text }))
  .min(2)
  .refine((all) => all.every(({ from }, i) => from === (i % 2 === 0 ? 'human' : 'gpt')))
  .refine((all) => all.every(({ value }, i) => value.includes('<image>') === (i === 0)));
const said = z.strictObject({ type: z.literal('text'), text });
const user = z.strictObject({
  role: z.literal('user'),
  content: z.union([z.tuple([z.strictObject({ type: z.literal('image') }), said]), z.tuple([said])]),
});
const assistant = z.strictObject({ role: z.literal('assistant'), content: z.tuple([said]) });
const images = z.tuple([text]);
const llava = z.array(z.strictObject({ id: text, image: text, conversations: turns })).min(1);
const sharegpt = z.array(z.strictObject({ conversations: turns, images })).min(1);
const ranking = z.array(
  z.strictObject({
    conversations: z.tuple([z.strictObject({ from: z.literal('human'), value: text })]),
    chosen: z.strictObject({ from: z.literal('gpt'), value: text }),
    rejected: z.strictObject({ from: z.literal('gpt'), value: text }),
    images,
  }),
);
const completion = z.strictObject({ prompt: z.tuple([user]), completion: z.tuple([assistant]), images });
const preference = z.strictObject({
  ...{ prompt: z.tuple([user]), chosen: z.tuple([assistant]), rejected: z.tuple([assistant]), images },
});
const messages = z.strictObject({ messages: z.array(z.union([user, assistant])).min(2), images });

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8')) as unknown;
const rows = async (path: string): Promise<unknown[]> =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

let folder: string;
let [scenes, shards, stories] = ['', '', ''];
beforeAll(async () => {
  folder = await temporary('export');
  [scenes, shards, stories] = ['scenes', 'shards', 'stories'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeScenes({ out: scenes, count: 4, seed: 1, split: 'train' });
  await fgam('data', 'build', scenes, '--from', 'scenes', '--validation', '0', '--out', shards);
  await fgam('data', 'trajectories', scenes, '--out', stories);
});

test('trajectories to LLaMA-Factory: answers and revisions, feedback, preferences, images beside', async () => {
  const out = join(folder, 'factory');
  const args = ['export', stories, '--to', 'llamafactory', '--images', scenes, '--out', out];
  const result = await fgamJson(...args);
  const trajectories = await readTrajectories(join(stories, 'trajectories.jsonl'));
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final).length;
  expect(result).toMatchObject({
    ...{ source: 'trajectories', trajectories: trajectories.length, revised, imageFiles: 4, skips: {} },
    files: ['fgam_sft.json', 'fgam_rm.json', 'fgam_preference.json', 'dataset_info.json'],
  });
  const sft = sharegpt.parse(await json(join(out, 'fgam_sft.json')));
  const rm = sharegpt.parse(await json(join(out, 'fgam_rm.json')));
  expect(sft).toHaveLength(trajectories.length + revised);
  // Each draft and each response that was accepted after one.
  expect(rm).toHaveLength(trajectories.length + revised);
  expect(rm.filter(({ conversations }) => /no further/i.test(conversations[1]?.value ?? ''))).toHaveLength(
    trajectories.length,
  );
  expect(ranking.parse(await json(join(out, 'fgam_preference.json')))).toHaveLength(revised);
  expect(Object.keys((await json(join(out, 'dataset_info.json'))) as object)).toEqual([
    'fgam_sft',
    'fgam_rm',
    'fgam_preference',
  ]);
  for (const { images: paths } of [...sft, ...rm])
    for (const path of paths) expect(existsSync(join(out, path)), path).toBe(true);
  const source = await readFile(join(scenes, trajectories[0]?.image ?? ''));
  expect(await readFile(join(out, sft[0]?.images[0] ?? ''))).toEqual(source);
});

test('trajectories to TRL, images linked; those that were not accepted only where they are asked for', async () => {
  const out = join(folder, 'trl');
  const [first, ...rest] = await readTrajectories(join(stories, 'trajectories.jsonl'));
  const open = { ...first, stop: 'max-rounds' };
  const later = {
    ...{ ...first, id: 'later' },
    context: { turns: [{ role: 'user', text: 'look' }], images: [] },
  };
  const file = join(scenes, 'mine.jsonl');
  await writeFile(file, [open, later, ...rest].map((each) => `${JSON.stringify(each)}\n`).join(''));
  const args = ['export', file, '--to', 'trl', '--link', '--name', 'mine', '--out', out];
  expect(await fgamJson(...args)).toMatchObject({
    trajectories: rest.length,
    leftOut: { 'max-rounds': 1, 'within-a-conversation': 1 },
  });
  const sft = (await rows(join(out, 'mine_sft.jsonl'))).map((row) => completion.parse(row));
  for (const row of await rows(join(out, 'mine_rm.jsonl'))) completion.parse(row);
  for (const row of await rows(join(out, 'mine_preference.jsonl'))) preference.parse(row);
  const link = join(out, sft[0]?.images[0] ?? '');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect((await readFile(link)).length).toBeGreaterThan(0);
  // Once more, over what is there.
  expect(await fgamJson(...args, '--all')).toMatchObject({
    trajectories: rest.length + 1,
    leftOut: { 'within-a-conversation': 1 },
  });
});

test('shards to LLaVA: captions, regions and boxes of the one split, images out of the tars', async () => {
  const out = join(folder, 'llava');
  const result = await fgamJson('export', shards, '--to', 'llava', '--turns', '3', '--out', out);
  const records = llava.parse(await json(join(out, 'fgam.json')));
  const asked = records.reduce((sum, { conversations }) => sum + conversations.length / 2, 0);
  expect(result).toMatchObject({ source: 'shards', images: 4, conversations: records.length, turns: asked });
  expect(Math.max(...records.map(({ conversations }) => conversations.length))).toBe(6);
  for (const { image } of records) expect(existsSync(join(out, image)), image).toBe(true);
  expect(JSON.stringify(records)).toMatch(/description for this region: \[0\.\d\d, /);
  expect(JSON.stringify(records)).toMatch(/bounding box coordinate/);
  const files = await readdir(join(out, 'images'));
  expect(files).toHaveLength(4);
  const none = await fgam('export', shards, '--to', 'llava', '--split', 'validation', '--out', out);
  expect(none.err).toMatch(/expected captions, regions or questions/);
});

test('scenes to TRL: regions as messages, and their questions', async () => {
  const out = join(folder, 'messages');
  const result = await fgamJson('export', scenes, '--to', 'trl', '--out', out);
  const records = (await rows(join(out, 'fgam_sft.jsonl'))).map((row) => messages.parse(row));
  expect(result).toMatchObject({ source: 'scenes', images: 4, conversations: records.length });
  const written = JSON.stringify(records);
  expect(written).toContain('using a single word or phrase');
  expect(written).not.toContain('<loc_');
});

test('images that are missing or broken are skipped, counted and listed, up to a limit', async () => {
  const place = join(folder, 'broken');
  await mkdir(place);
  const trajectories = await readTrajectories(join(stories, 'trajectories.jsonl'));
  const lines = trajectories.map((each, i) => ({ ...each, image: `${i % 3}.png` }));
  const file = join(place, 'trajectories.jsonl');
  await writeFile(file, lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await writeFile(join(place, '0.png'), await readFile(join(scenes, trajectories[0]?.image ?? '')));
  await writeFile(join(place, '1.png'), 'no image');
  const count = (of: number) => lines.filter(({ image }) => image === `${of}.png`).length;
  const out = join(folder, 'some');
  const args = ['export', place, '--to', 'llava', '--out', out];
  const skips = { 'bad-image': count(1), 'missing-image': count(2) };
  expect(await fgamJson(...args)).toMatchObject({ trajectories: count(0), imageFiles: 1, skips });
  expect(await rows(join(out, 'skipped.jsonl'))).toHaveLength(count(1) + count(2));
  const limited = await fgam(...args, '--max-skips', '1');
  expect(limited.code).toBe(1);
  expect(limited.err).toMatch(/expected at most 1 bad records/);
  await rm(join(place, '0.png'));
  expect((await fgam(...args)).err).toMatch(/with images in .*--images says where else/);
});

test('two images of one name lie beside each other', async () => {
  const place = join(folder, 'twice');
  const trajectories = (await readTrajectories(join(stories, 'trajectories.jsonl'))).slice(0, 2);
  const sources = [...new Set((await readdir(join(scenes, 'images'))).slice(0, 2))];
  for (const [i, source] of sources.entries()) {
    await mkdir(join(place, `${i}`), { recursive: true });
    await writeFile(join(place, `${i}`, 'a.png'), await readFile(join(scenes, 'images', source)));
  }
  const lines = trajectories.map((each, i) => JSON.stringify({ ...each, image: `${i}/a.png` }));
  await writeFile(join(place, 'trajectories.jsonl'), lines.join('\n'));
  const out = join(folder, 'both');
  expect(await fgamJson('export', place, '--to', 'llava', '--out', out)).toMatchObject({ imageFiles: 2 });
  expect((await readdir(join(out, 'images'))).sort()).toEqual(['a-2.png', 'a.png']);
  const [a, b] = await Promise.all(['a.png', 'a-2.png'].map((name) => readFile(join(out, 'images', name))));
  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(false);
});

test.each([
  { what: 'copied', link: [], through: false },
  { what: 'linked', link: ['--link'], through: false },
  { what: 'by a link to the folder', link: ['--link'], through: true },
])(
  "into the trajectories' own folder, $what: no image there is lost, each record has its own",
  async (how) => {
    const place = join(folder, `own-${how.what.replaceAll(' ', '-')}`);
    const out = how.through ? `${place}-link` : place;
    const [first, second] = await Promise.all(
      (await readdir(join(scenes, 'images'))).map((name) => readFile(join(scenes, 'images', name))),
    );
    const given = { 'other/a.png': first, 'images/a.png': second, 'images/beside.png': second };
    for (const [path, bytes] of Object.entries(given)) {
      await mkdir(join(place, path, '..'), { recursive: true });
      await writeFile(join(place, path), bytes ?? '');
    }
    if (how.through) await symlink(place, out);
    const [one] = await readTrajectories(join(stories, 'trajectories.jsonl'));
    // The image that is not in the folder comes first.
    const lines = ['other/a.png', 'images/a.png'].map((image) =>
      JSON.stringify({ ...one, id: image, image }),
    );
    await writeFile(join(place, 'trajectories.jsonl'), lines.join('\n'));
    // Once more: what the first export laid is taken again.
    for (let time = 0; time < 2; time += 1) {
      const run = await fgamJson('export', place, '--to', 'llava', '--out', out, ...how.link);
      expect(run).toMatchObject({ imageFiles: 2, skips: {} });
      for (const [path, bytes] of Object.entries(given))
        expect((await readFile(join(place, path))).equals(bytes ?? Buffer.alloc(0)), path).toBe(true);
      const records = llava.parse(await json(join(out, 'fgam.json')));
      const of = (id: string) => readFile(join(out, records.find((each) => each.id === id)?.image ?? ''));
      expect((await of('other/a.png')).equals(first ?? Buffer.alloc(0))).toBe(true);
      expect((await of('images/a.png')).equals(second ?? Buffer.alloc(0))).toBe(true);
      expect((await readdir(join(place, 'images'))).sort()).toEqual(['a-2.png', 'a.png', 'beside.png']);
    }
  },
);

test('a second export of the same name leaves no files of the first, and those of other names and engines', async () => {
  const place = join(folder, 'stale');
  await mkdir(place);
  const all = await readTrajectories(join(stories, 'trajectories.jsonl'));
  const file = join(place, 'mine.jsonl');
  const write = (lines: readonly object[]) =>
    writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  const out = join(folder, 'stale-out');
  const run = (to: string, name: string) =>
    fgamJson('export', file, '--to', to, '--name', name, '--images', scenes, '--out', out);
  await write([...all, { ...all[0], id: 'gone', image: 'gone.png' }]);
  await run('llamafactory', 'fgam');
  await run('llamafactory', 'other');
  await run('trl', 'fgam');
  const before = await readdir(out);
  expect(before).toEqual(expect.arrayContaining(['fgam_preference.json', 'skipped.jsonl']));
  await write(all.filter(({ attempts, final }) => attempts[0]?.response === final));
  await run('llamafactory', 'fgam');
  const stale = ['fgam_preference.json', 'skipped.jsonl'];
  expect((await readdir(out)).sort()).toEqual(before.filter((name) => !stale.includes(name)).sort());
});

test('a LLaVA of the hub to ONNX, which generate answers with as with the checkpoint', async () => {
  const tiny = fileURLToPath(new URL('../../../models/test-fixtures/tiny-llava', import.meta.url));
  const out = join(folder, 'onnx');
  const result = await fgamJson('export', tiny, '--to', 'onnx', '--out', out);
  const graphs = ['vision_encoder', 'embed_tokens', 'decoder_model_merged'];
  expect(result).toMatchObject({
    ...{ out, modelType: 'llava', answers: `onnx:${out}` },
    graphs: graphs.map((name) => `onnx/${name}.onnx`),
  });
  const ask = ['--image', join(tiny, 'images/exact.png'), '--question', 'What is it?', '--max-tokens', '8'];
  const [exported, own] = [
    await fgamJson('generate', '--model', `onnx:${out}`, ...ask),
    await fgamJson('generate', '--model', tiny, ...ask),
  ];
  expect(exported['answer']).toBe((own['answer'] ?? own['text']) as string);
});

test('a compact model to ONNX; refuses what is no model, and options of data', async () => {
  const [model, out] = [join(folder, 'tiny'), join(folder, 'tiny-onnx')];
  await saveModel(model, tinyModel());
  const args = ['export', model, '--to', 'onnx', '--out', out];
  expect((await fgam(...args)).out).toMatch(/compact in .*vision_prefix\.onnx.*\nfor runtimes of ONNX/);
  expect((await fgam(...args, '--name', 'x')).err).toMatch(/expected options of a model, got --name/);
  expect((await fgam('export', model, '--to', 'onnx', '--out', model)).err).toMatch(/another folder/);
  expect((await fgam('export', scenes, '--to', 'onnx', '--out', out)).err).toMatch(/config\.json/);
});

test('refuses what it can not read, and options that speak of something else', async () => {
  const out = join(folder, 'none');
  const to = ['--to', 'llava', '--out', out];
  expect((await fgam('export', join(folder, 'nowhere'), ...to)).err).toMatch(/which is none; make one/);
  expect((await fgam('export', shards, '--to', 'vllm', '--out', out)).code).toBe(2);
  for (const args of [
    [shards, '--images', scenes],
    [shards, '--all'],
    [scenes, '--split', 'validation'],
    [stories, '--turns', '3'],
  ] as const) {
    const { code, err } = await fgam('export', ...args, ...to);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: expected options of .*leave them out/);
  }
  const tars = await fgam('export', shards, '--link', ...to);
  expect(tars).toMatchObject({ code: 2, err: expect.stringContaining('whose images are in tars') as string });
  const same = await fgam('export', scenes, '--to', 'llava', '--out', scenes);
  expect(same).toMatchObject({ code: 2, err: expect.stringContaining('another folder') as string });
  await symlink(scenes, join(folder, 'scenes-link'));
  const linked = await fgam('export', scenes, '--to', 'llava', '--out', join(folder, 'scenes-link'));
  expect(linked).toMatchObject({ code: 2, err: expect.stringContaining('another folder') as string });
  expect(existsSync(out)).toBe(false);
});
