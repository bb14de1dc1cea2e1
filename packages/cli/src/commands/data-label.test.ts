import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readShards, type RegionSample } from '@fgam/data';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

/** Answers what its images show: `tools/make-tiny-detector.py`. */
const model = fileURLToPath(new URL('../../../label/test-fixtures/tiny-grounding-dino', import.meta.url));

let folder: string;
let images: string;

beforeAll(async () => {
  folder = await temporary('label');
  images = join(folder, 'images');
  await mkdir(images);
  const square = (background: string) => ({
    create: { width: 16, height: 16, channels: 3 as const, background },
  });
  for (const [name, colour] of Object.entries({ a: '#ff0000', b: '#00ff00', c: '#777777' }))
    await sharp({ create: { width: 64, height: 32, channels: 3, background: '#777777' } })
      .composite([{ input: square(colour), left: 16, top: 8 }])
      .png()
      .toFile(join(images, `${name}.png`));
  await writeFile(join(images, 'broken.png'), 'no image');
});

async function readAll(shards: string): Promise<RegionSample[]> {
  const samples = [];
  for await (const { sample } of readShards(shards)) samples.push(sample);
  return samples.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const labelled = (sample: RegionSample) => sample.regions.map(({ label }) => label);

test('labels a folder of images; lists what it cannot read; labels shards again', async () => {
  const out = join(folder, 'first');
  const settings = ['--model', model, '--phrases', 'a red square,green'];
  const run = await fgam('data', 'label', images, ...settings, '--out', out);
  expect(run).toMatchObject({ code: 0 });
  expect(run.out).toContain('3 images with 2 regions');
  expect(run.out).toContain('skipped: bad-image 1');
  expect(await readFile(join(out, 'skipped.jsonl'), 'utf8')).toContain('broken.png');
  const samples = await readAll(out);
  expect(samples.map(labelled)).toEqual([['a red square'], ['green'], []]);
  expect(samples[0]).toMatchObject({
    ...{ id: 'a.png', width: 64, height: 32 },
    regions: [
      {
        box: { x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.75 },
        source: 'grounding-dino',
        provenance: {
          prompt: 'a red square. green.',
          thresholds: { boxThreshold: 0.35, textThreshold: 0.25 },
        },
      },
    ],
  });

  // The shards are a source too. The same settings change nothing; others are refused, or replace.
  const again = join(folder, 'again');
  expect(await fgamJson('data', 'label', out, ...settings, '--out', again)).toMatchObject({ regions: 2 });
  expect((await readAll(again)).map(labelled)).toEqual(samples.map(labelled));
  const other = ['--model', model, '--phrases', 'red', '--box-threshold', '0.5'];
  const mixed = await fgam('data', 'label', out, ...other, '--out', join(folder, 'mixed'), '--json');
  expect(mixed.code).toBe(1);
  expect(JSON.parse(mixed.out)).toMatchObject({ error: { code: 'label/other-settings' } });
  const replaced = join(folder, 'replaced');
  expect(await fgam('data', 'label', out, ...other, '--out', replaced, '--replace')).toMatchObject({
    code: 0,
  });
  expect((await readAll(replaced)).map(labelled)).toEqual([['red'], [], []]);
});

test('takes phrases from a file, and refuses a folder of other labels', async () => {
  const file = join(folder, 'phrases.txt');
  await writeFile(file, 'green\n\nzebra crossing\n');
  const out = join(folder, 'file');
  const run = (phrases: string, ...more: string[]) =>
    fgam('data', 'label', images, '--model', model, '--phrases', phrases, '--out', out, ...more);
  expect(await run(file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('zebra crossing') as string,
  });
  await writeFile(file, 'green\nred\n');
  expect(await run(file)).toMatchObject({ code: 0 });
  expect(await run('green,red')).toMatchObject({ code: 0 });
  const refused = await run('red');
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--replace') as string });
  expect(await run('red', '--replace')).toMatchObject({ code: 0 });
  expect((await readAll(out)).map(labelled)).toEqual([['red'], [], []]);
});

test('replaces no shards of another command without --replace', async () => {
  const out = join(folder, 'built');
  const build = ['data', 'build', images, '--from', 'images', '--validation', '0', '--out', out];
  expect(await fgam(...build)).toMatchObject({ code: 0 });
  const before = await readFile(join(out, 'manifest.json'), 'utf8');
  const args = ['data', 'label', images, '--model', model, '--phrases', 'red', '--out', out];
  const refused = await fgam(...args);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no labels.json') as string,
  });
  expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe(before);
  expect(await fgam(...args, '--replace')).toMatchObject({ code: 0 });
  expect((await readAll(out)).map(labelled)).toEqual([['red'], [], []]);
});

test('refuses a link to its own source before anything of it is removed', async () => {
  const [built, link] = [join(folder, 'own'), join(folder, 'own-link')];
  await fgam('data', 'build', images, '--from', 'images', '--validation', '0', '--out', built);
  await symlink(built, link);
  const manifest = await readFile(join(built, 'manifest.json'), 'utf8');
  const names = await readdir(built);
  const settings = ['--model', model, '--phrases', 'red', '--replace', '--json'];
  expect(await fgam('data', 'label', built, ...settings, '--out', link)).toMatchObject({
    ...{ code: 2, out: '' },
    err: expect.stringContaining(`expected --out to be another folder than ${built}, got the same`) as string,
  });
  expect(await readdir(built)).toEqual(names);
  expect(await readFile(join(built, 'manifest.json'), 'utf8')).toBe(manifest);
});

test('says what is wrong before it does anything', async () => {
  const out = join(folder, 'none');
  const run = (source: string, ...options: string[]) =>
    fgam('data', 'label', source, '--out', out, ...options);
  const missing = await run(images, '--model', tmpdir(), '--phrases', 'red');
  expect(missing.code).toBe(1);
  expect(missing.err).toContain('onnx-community/grounding-dino-tiny-ONNX');
  expect(await run(join(folder, 'nowhere'), '--model', model, '--phrases', 'red')).toMatchObject({
    code: 1,
    err: expect.stringContaining('nowhere') as string,
  });
  const noPhrases = await run(images, '--model', model, '--phrases', folder);
  expect(noPhrases).toMatchObject({ code: 1, err: expect.stringContaining('a file with phrases') as string });
  expect(await run(images, '--model', model, '--phrases', ' , ')).toMatchObject({ code: 2 });
  expect(await run(images, '--model', model, '--phrases', '')).toMatchObject({ code: 2 });
  expect(await run(images, '--model', model, '--phrases', 'red', '--box-threshold', '2')).toMatchObject({
    code: 2,
  });
  expect(await run(out, '--model', model, '--phrases', 'red')).toMatchObject({ code: 2 });
  expect(await readdir(folder)).not.toContain('none');
});
