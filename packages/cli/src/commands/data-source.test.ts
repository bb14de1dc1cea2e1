import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readShards, type RegionSample } from '@fgam/data';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const photo = (background: string) =>
  sharp({ create: { width: 40, height: 20, channels: 3, background } })
    .jpeg()
    .toBuffer();

async function files(folder: string, contents: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
  }
}

/** Builds shards of a source and reads them back. */
async function built(folder: string, ...args: readonly string[]): Promise<RegionSample[]> {
  const out = join(folder, 'shards');
  const manifest = await fgamJson('data', 'build', ...args, '--out', out, '--validation', '0');
  const samples: RegionSample[] = [];
  for await (const { sample } of readShards(out)) samples.push(sample);
  expect(manifest['samples']).toBe(samples.length);
  return samples;
}

test('images: a folder with captions', async () => {
  const folder = await temporary('from-images');
  await files(join(folder, 'photos'), {
    'a.jpg': await photo('#f00'),
    'a.txt': 'a red field',
    'b.jpg': await photo('#0f0'),
  });
  const samples = await built(folder, join(folder, 'photos'), '--from', 'images');
  expect(samples.map(({ id, caption }) => [id, caption])).toEqual([
    ['a.jpg', 'a red field'],
    ['b.jpg', undefined],
  ]);
});

test('images that show one photo are dropped on request', async () => {
  const folder = await temporary('duplicates');
  const red = await photo('#f00');
  await files(join(folder, 'photos'), { 'a.jpg': red, 'b.jpg': await photo('#00f'), 'c.jpg': red });
  const source = join(folder, 'photos');
  expect(await built(join(folder, 'all'), source, '--from', 'images')).toHaveLength(3);
  const samples = await built(folder, source, '--from', 'images', '--duplicates', 'drop');
  expect(samples.map(({ id }) => id)).not.toContain('c.jpg');
  const inspected = await fgamJson('data', 'inspect', join(folder, 'shards'));
  expect(inspected['card']).toMatchObject({ skipped: [['duplicate-image', expect.any(Number)]] });
});

test('laion: tars of img2dataset; lists of addresses are refused', async () => {
  const folder = await temporary('from-laion');
  const tars = join(folder, 'tars');
  await mkdir(tars);
  const entries = pack();
  entries.entry({ name: '000000000.jpg' }, await photo('#f00'));
  entries.entry({ name: '000000000.txt' }, 'a red field');
  entries.entry({ name: '000000001.jpg' }, Buffer.from('no image'));
  entries.entry({ name: '000000001.txt' }, 'nothing');
  entries.finalize();
  await pipeline(entries, createWriteStream(join(tars, '00000.tar')));
  const samples = await built(folder, tars, '--from', 'laion');
  expect(samples).toMatchObject([{ caption: 'a red field', width: 40, height: 20 }]);
  const card = await fgamJson('data', 'inspect', join(folder, 'shards'));
  expect(card['card']).toMatchObject({ skipped: [['bad-image', 1]] });
  await mkdir(join(folder, 'lists'));
  const out = join(folder, 'none');
  const refused = await fgam('data', 'build', join(folder, 'lists'), '--from', 'laion', '--out', out);
  expect(refused.err).toContain('expected tars of img2dataset');
  const limited = ['data', 'build', tars, '--from', 'laion', '--out', out, '--max-skips', '0'];
  expect((await fgam(...limited)).err).toContain('expected at most 0 bad records');
});

test('yolo: data.yaml, labels beside images', async () => {
  const folder = await temporary('from-yolo');
  await files(join(folder, 'set'), {
    'data.yaml': 'path: .\ntrain: images/train\nval: images/train\nnames:\n  0: cup\n  1: dining table\n',
    'images/train/a.jpg': await photo('#00f'),
    'labels/train/a.txt': '1 0.5 0.5 0.2 0.4\n',
  });
  const [sample] = await built(folder, join(folder, 'set', 'data.yaml'), '--from', 'yolo');
  expect(sample?.regions).toMatchObject([{ label: 'dining table', description: 'a dining table' }]);
  expect(sample?.regions[0]?.box.x0).toBeCloseTo(0.4, 6);
});

test('refcoco: references as JSON with the instances beside them', async () => {
  const folder = await temporary('from-refcoco');
  const set = join(folder, 'set');
  const name = 'COCO_train2014_000000000007.jpg';
  await files(set, {
    [`photos/${name}`]: await photo('#00f'),
    'instances.json': JSON.stringify({
      images: [{ id: 7, file_name: name, width: 40, height: 20 }],
      annotations: [
        { id: 1, image_id: 7, category_id: 3, bbox: [4, 2, 20, 10], iscrowd: 0, segmentation: [], area: 200 },
      ],
      categories: [{ id: 3, name: 'cup' }],
    }),
    'refs.json': JSON.stringify([
      {
        ref_id: 5,
        ann_id: 1,
        image_id: 7,
        category_id: 3,
        split: 'train',
        file_name: 'COCO_train2014_000000000007_1.jpg',
        sent_ids: [9],
        sentences: [{ sent_id: 9, sent: 'left cup', raw: 'Left cup.', tokens: ['left', 'cup'] }],
      },
    ]),
  });
  const refs = join(set, 'refs.json');
  const [sample] = await built(folder, refs, '--from', 'refcoco', '--images', join(set, 'photos'));
  expect(sample?.regions).toMatchObject([{ label: 'cup', description: 'left cup' }]);
  const refused = await fgam('data', 'build', refs, '--from', 'refcoco', '--out', join(folder, 'none'));
  expect(refused.err).toContain('--images');
});

test('flickr30k: sentences and boxes of Flickr30k Entities', async () => {
  const folder = await temporary('from-flickr30k');
  const set = join(folder, 'set');
  await files(set, {
    'Sentences/123.txt': '[/EN#1/people A man] holds [/EN#2/other a cup] .\n',
    'Annotations/123.xml':
      '<annotation><filename>123.jpg</filename><size><width>40</width><height>20</height><depth>3</depth></size>' +
      '<object><name>1</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object>' +
      '<object><name>2</name><bndbox><xmin>21</xmin><ymin>5</ymin><xmax>30</xmax><ymax>12</ymax></bndbox></object></annotation>',
    'flickr30k-images/123.jpg': await photo('#0ff'),
  });
  const [sample] = await built(folder, set, '--from', 'flickr30k');
  expect(sample?.regions.map(({ description }) => description)).toEqual(['A man', 'a cup']);
});
