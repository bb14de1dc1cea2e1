import { createWriteStream, existsSync } from 'node:fs';
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
  const all = args.includes('refcoco') ? [] : ['--validation', '0'];
  const manifest = await fgamJson('data', 'build', ...args, '--out', out, ...all);
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

test.each([
  [['--from', 'coco'], 'expected a source with --from coco, got none'],
  [['c.json', '--from', 'coco', '--splits', 'train'], '--splits (of refcoco, yolo)'],
  [['r.json', '--from', 'refcoco'], 'expected --images with --from refcoco'],
  [['d.yaml', '--from', 'yolo', '--splits', 'testA'], 'expected --splits of train, val and test, got testA'],
  [['--from', 'scenes', '--count', '0'], 'expected a whole number from 1'],
  [['s', '--from', 'scenes', '--queue', 'nonsense'], 'expected the address of a Redis server'],
  [
    ['s', '--from', 'scenes', '--queue', 'redis://h/0', '--queue-name', 'a:b'],
    `--queue-name: expected the queue's name to have letters, digits, "_", "." and "-" alone, got "a:b"`,
  ],
  // None of these is there to be read.
  [
    ['r.json', '--from', 'refcoco', '--images', 'i', '--validation', '0.2'],
    'expected options of a source whose official splits are kept (refcoco), got --validation; leave them out',
  ],
  [
    ['d.yaml', '--from', 'yolo', '--splits', 'train,val', '--validation', '0.2'],
    'official splits are kept (yolo), got --validation',
  ],
  [
    ['r.json', '--from', 'refcoco', '--images', 'i', '--duplicates', 'one-split'],
    "expected --duplicates drop: one-split would move samples out of refcoco's official splits",
  ],
  [['--from', 'scenes', '--queue', 'redis://h/0'], 'expected options of generated scenes, got --queue'],
])('data build %j is a usage error', async (args, words) => {
  const { code, out, err } = await fgam('data', 'build', ...args, '--out', 'none', '--json');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.split('\n')[0]).toContain(words);
  expect(existsSync('none')).toBe(false);
});

test('options of generated scenes are refused for a source, and those of shards for generated scenes', async () => {
  const out = join(await temporary('generated'), 'out');
  const of = (...words: readonly string[]) => fgam('data', 'build', ...words, '--out', out);
  for (const from of ['images', 'scenes']) {
    const { code, err } = await of(out, '--from', from, '--count', '3', '--split', 'test');
    expect(code).toBe(2);
    expect(err).toContain('expected options of shards of a source, got --count, --split; leave');
  }
  const scenes = ['--from', 'scenes', '--count', '1'];
  expect((await of(...scenes, '--validation', '0.2', '--overwrite')).err).toContain(
    'expected options of generated scenes, got --validation, --overwrite; leave them out',
  );
  const foreign = [
    '--min-side',
    '3',
    '--nsfw',
    'NO',
    '--splits',
    'train',
    '--instances',
    'i',
    '--captions',
    'c',
  ];
  expect(await of(...scenes, ...foreign, '--images', 'i')).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      '--captions (of coco), --images (of coco, visual-genome, laion, flickr30k, refcoco, llava-instruct, sharegpt4v), ' +
        '--instances (of refcoco), --splits (of refcoco, yolo), --min-side (of laion), --nsfw (of laion); leave',
    ) as string,
  });
  expect(existsSync(out)).toBe(false);
  expect(JSON.parse((await of(...scenes, '--split', 'test', '--json')).out)).toMatchObject({
    ...{ out, reused: false, skips: {} },
    counts: { images: 1 },
  });
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

test('yolo: splits', async () => {
  const folder = await temporary('yolo-splits');
  const set = join(folder, 'set');
  await files(set, {
    'data.yaml': 'train: images/train\nval: images/val\nnames: [cup]\n',
    'images/train/a.jpg': await photo('#00f'),
    'images/val/b.jpg': await photo('#0f0'),
    'labels/val/b.txt': '0 0.5 0.5 0.2 0.4\n',
  });
  const source = ['data', 'build', join(set, 'data.yaml'), '--from', 'yolo', '--out', join(folder, 'shards')];
  await fgamJson(...source, '--splits', 'val,train');
  const found: string[] = [];
  for await (const { sample, split } of readShards(join(folder, 'shards')))
    found.push(`${sample.id} ${split}`);
  expect(found).toEqual(['images/train/a.jpg train', 'images/val/b.jpg validation']);
  expect((await fgam(...source, '--splits', 'testA')).err).toContain('got testA');
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

test('laion: filters, and those of other formats', async () => {
  const folder = await temporary('laion-filters');
  const entries = pack();
  for (const [key, width, similarity] of [
    ['0', 40, 0.31],
    ['1', 30, 0.31],
    ['2', 60, 0.31],
    ['3', 40, 0.2],
  ] as const) {
    const picture = sharp({ create: { width, height: 20, channels: 3, background: '#00f' } });
    entries.entry({ name: `${key}.jpg` }, await picture.jpeg().toBuffer());
    entries.entry({ name: `${key}.txt` }, `field ${key}`);
    entries.entry({ name: `${key}.json` }, JSON.stringify({ url: `http://a/${key}`, similarity }));
  }
  entries.finalize();
  const tar = join(folder, 'set.tar');
  await pipeline(entries, createWriteStream(tar));
  const filters = ['--min-similarity', '0.3', '--max-aspect', '2.5', '--min-caption', '7'];
  const samples = await built(folder, tar, '--from', 'laion', ...filters, '--duplicates', 'drop');
  expect(samples.map(({ caption }) => caption)).toEqual(['field 0', 'field 1']);
  const inspected = await fgamJson('data', 'inspect', join(folder, 'shards'));
  expect(inspected['card']).toMatchObject({
    skipped: [
      ['aspect', 1],
      ['low-similarity', 1],
    ],
  }); // listed once, though read twice
  const out = ['--out', join(folder, 'none')];
  const limits = ['--min-side', '50', '--max-side', '40'];
  expect((await fgam('data', 'build', tar, '--from', 'laion', ...limits, ...out)).err).toContain('above');
  const foreign = await fgam('data', 'build', folder, '--from', 'images', ...limits, ...out);
  expect(foreign).toMatchObject({ code: 2 });
  expect(foreign.err).toContain('--min-side (of laion), --max-side (of laion)');
  expect(await fgam('data', 'build', tar, '--from', 'laion', '--unique', 'name', ...out)).toMatchObject({
    code: 2,
  });
});

test('refcoco: official splits are kept, those of tests never trained on', async () => {
  const folder = await temporary('refcoco-splits');
  const splits = ['train', 'val', 'testA', 'testB', 'train'];
  for (const id of splits.keys()) await files(folder, { [`photos/${id}.jpg`]: await photo(`#00${id}`) });
  await files(folder, {
    'instances.json': JSON.stringify({
      images: splits.map((_, id) => ({ id, file_name: `${id}.jpg`, width: 40, height: 20 })),
      annotations: splits.map((_, id) => ({
        id,
        image_id: id,
        category_id: 1,
        bbox: [4, 2, 20, 10],
        iscrowd: 0,
      })),
      categories: [{ id: 1, name: 'cup' }],
    }),
    'refs.json': JSON.stringify([
      ...splits.map((split, id) => ({
        ...{ ref_id: id, ann_id: id, image_id: id, split },
        sentences: [{ sent: 'left cup' }, { sent: 'blue cup' }],
      })),
      // RefCOCOg by Google: an image of two splits.
      { ref_id: 9, ann_id: 0, image_id: 0, split: 'val', sentences: [{ sent: 'a cup' }] },
    ]),
  });
  const source = [
    'data',
    'build',
    join(folder, 'refs.json'),
    '--from',
    'refcoco',
    '--images',
    join(folder, 'photos'),
  ];
  const splitsOf = async (out: string) => {
    const found: string[] = [];
    for await (const { sample, split } of readShards(join(folder, out))) found.push(`${sample.id} ${split}`);
    return found.sort();
  };
  const some = await fgamJson(...source, '--out', join(folder, 'some'));
  expect(some['leftOut']).toEqual({
    'expressions after the first': 2,
    'references of other splits': 2,
    'training references of held-out photos': 1,
  });
  expect(await splitsOf('some')).toEqual(['0 validation', '1 validation', '4 train']);
  const shared = await fgam(...source, '--out', join(folder, 'shared'));
  expect(shared.out).toContain('training references of held-out photos 1');
  const kept = await fgamJson(...source, '--keep-shared', '--out', join(folder, 'kept'));
  expect(kept['leftOut']).toMatchObject({ 'training references of held-out photos': 0 });
  expect(await splitsOf('kept')).toEqual(['0-train train', '0-val validation', '1 validation', '4 train']);
  const all = ['--splits', 'train,val,testA,testB', '--out', join(folder, 'all')];
  await fgamJson(...source, ...all);
  expect(await splitsOf('all')).toEqual([
    '0 validation',
    '1 validation',
    '2 validation',
    '3 validation',
    '4 train',
  ]);
  expect(await fgam(...source, ...all, '--duplicates', 'one-split')).toMatchObject({
    code: 2,
    err: expect.stringContaining("out of refcoco's official splits") as string,
  });
  expect(await fgam(...source, '--splits', 'testC', '--out', join(folder, 'none'))).toMatchObject({
    code: 2,
  });
});

test('llava-instruct and sharegpt4v: a sample an image, with its conversations', async () => {
  const folder = await temporary('from-llava');
  const record = (id: string, ...texts: string[]) => ({
    ...{ id, image: 'coco/a.jpg' },
    conversations: texts.map((value, i) => ({
      from: i % 2 ? 'gpt' : 'human',
      value: i ? value : `<image>\n${value}`,
    })),
  });
  await files(folder, {
    'photos/coco/a.jpg': await photo('#0ff'),
    'set.json': JSON.stringify([
      record('a', 'What colour?', 'Cyan.', 'Sure?', 'Yes.'),
      record('a', 'Describe it.', 'A cyan field.'),
      { id: 'text', conversations: [] },
    ]),
  });
  const images = ['--images', join(folder, 'photos')];
  const [instruct] = await built(
    join(folder, '1'),
    join(folder, 'set.json'),
    '--from',
    'llava-instruct',
    ...images,
  );
  expect(instruct).toMatchObject({ id: 'coco/a.jpg', width: 40, height: 20, regions: [] });
  expect(instruct?.caption).toBeUndefined();
  expect(instruct?.conversations?.map(({ id, turns }) => [id, turns.length])).toEqual([
    ['a', 2],
    ['a#2', 1],
  ]);
  const [described] = await built(
    join(folder, '2'),
    join(folder, 'set.json'),
    '--from',
    'sharegpt4v',
    ...images,
  );
  expect(described?.caption).toBe('A cyan field.');
  const inspected = await fgamJson('data', 'inspect', join(folder, '2', 'shards'));
  expect(inspected).toMatchObject({ conversations: 2, card: { skipped: [['bad-record', 1]] } });
  const refused = await fgam(
    'data',
    'build',
    join(folder, 'set.json'),
    '--from',
    'sharegpt4v',
    '--out',
    folder,
  );
  expect(refused.err).toContain('--images');
});

test('visual-genome: attributes and predicates stay with the samples', async () => {
  const folder = await temporary('from-genome');
  const object = { object_id: 1, x: 0, y: 0, w: 20, h: 20, names: ['man'] };
  const other = { ...object, object_id: 2, names: ['hat'], w: 10 };
  const set = join(folder, 'set');
  await files(set, {
    'images/VG_100K/5.jpg': await photo('#0ff'),
    'image_data.json': JSON.stringify([
      { image_id: 5, width: 40, height: 20, url: 'https://a/VG_100K/5.jpg' },
    ]),
    'objects.json': JSON.stringify([{ image_id: 5, objects: [object, other] }]),
    'attributes.json': JSON.stringify([{ image_id: 5, attributes: [{ ...other, attributes: ['red'] }] }]),
    'relationships.json': JSON.stringify([
      {
        image_id: 5,
        relationships: [{ relationship_id: 3, predicate: 'WEARING', subject: object, object: other }],
      },
    ]),
  });
  const [sample] = await built(folder, set, '--from', 'visual-genome');
  expect(sample?.regions.map(({ description }) => description)).toEqual(['a man', 'a red hat']);
  expect(sample?.regions[1]?.attributes).toEqual(['red']);
  expect(sample?.annotatedRelations).toEqual([
    { subject: 'object-1', predicate: 'wearing', object: 'object-2' },
  ]);
  const none = await fgam('data', 'build', folder, '--from', 'visual-genome', '--out', join(folder, 'none'));
  expect(none.err).toContain('found neither');
});

test('coco: what has no place in shards is counted', async () => {
  const folder = await temporary('from-coco');
  const annotation = { image_id: 1, category_id: 1, bbox: [0, 0, 20, 10] };
  await files(folder, {
    'val/1.jpg': await photo('#0ff'),
    'annotations/instances_val.json': JSON.stringify({
      images: [{ id: 1, file_name: '1.jpg', width: 40, height: 20 }],
      annotations: [
        { ...annotation, id: 1, iscrowd: 0 },
        { ...annotation, id: 2, iscrowd: 1 },
        { ...annotation, id: 3, iscrowd: 0, bbox: [0, 0, 0, 0] },
      ],
      categories: [{ id: 1, name: 'cup' }],
    }),
    'annotations/captions_val.json': JSON.stringify({
      annotations: [1, 2, 3].map((id) => ({ id, image_id: 1, caption: `a cup ${id}` })),
    }),
  });
  const instances = join(folder, 'annotations', 'instances_val.json');
  const shards = join(folder, 'shards');
  const { out } = await fgam('data', 'build', instances, '--from', 'coco', '--out', shards);
  expect(out).toContain(
    '; skipped: bad-box 1 (skipped.jsonl); left out: crowds 1, captions after the first 2',
  );
  expect(await fgamJson('data', 'build', instances, '--from', 'coco', '--out', shards)).toMatchObject({
    ...{ out: shards, samples: 1, skipped: 1, skips: { 'bad-box': 1 } },
    leftOut: { crowds: 1, 'captions after the first': 2 },
  });
});
