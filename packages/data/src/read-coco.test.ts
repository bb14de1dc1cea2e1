import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { curatedQuestions } from './curated/curated-questions.js';
import { readCoco } from './read-coco.js';
import { COCO_CROWD } from './select-regions.js';
import { countSkips } from './skips.js';
import { streamCoco } from './stream-coco.js';

interface Files {
  images: object[];
  annotations: object[];
  categories: object[];
}

let folder: string;
let good: Files;

/** One 40 x 20 image with an apple, a person (ids with a gap) and a crowd, as COCO writes them. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-coco-'));
  await mkdir(join(folder, 'photos'));
  await picture('a.png');
  good = {
    images: [{ id: 7, file_name: 'a.png', width: 40, height: 20, license: 3 }],
    annotations: [
      {
        id: 900900159269,
        image_id: 7,
        category_id: 53,
        bbox: [10, 5, 20, 10],
        area: 100,
        iscrowd: 0,
        segmentation: [[10, 5, 30, 5, 30, 15]],
      },
      { id: 2, image_id: 7, category_id: 1, bbox: [-0.5, 0, 10, 20.4], iscrowd: 0, segmentation: [] },
      {
        id: 3,
        image_id: 7,
        category_id: 1,
        bbox: [0, 0, 40, 20],
        iscrowd: 1,
        segmentation: { size: [20, 40], counts: [100, 300, 400] },
      },
    ],
    categories: [
      { id: 1, name: 'person', supercategory: 'person' },
      { id: 53, name: 'apple', supercategory: 'food' },
    ],
  };
});

async function picture(name: string, size = { width: 40, height: 20 }): Promise<void> {
  const image = sharp({ create: { ...size, channels: 3, background: '#080' } });
  await image.png().toFile(join(folder, 'photos', name));
}

async function read(
  files: unknown,
  options: { maxSkips?: number; captions?: object[]; check?: 'header' | 'none' } = {},
) {
  const instances = join(folder, 'instances.json');
  await writeFile(instances, typeof files === 'string' ? files : JSON.stringify(files));
  const captions = join(folder, 'captions.json');
  await writeFile(captions, JSON.stringify({ annotations: options.captions ?? [] }));
  const { maxSkips, check } = options;
  return readCoco({
    instances,
    images: join(folder, 'photos'),
    ...(options.captions ? { captions } : {}),
    ...(maxSkips === undefined ? {} : { maxSkips }),
    ...(check === undefined ? {} : { check }),
  });
}

describe('readCoco', () => {
  it('reads boxes, polygons, run lengths, gaps in category ids and crowds', async () => {
    const { samples, skipped } = await read(good);
    expect(skipped).toEqual([]);
    expect(samples).toEqual([
      {
        id: '7',
        image: join(folder, 'photos', 'a.png'),
        width: 40,
        height: 20,
        regions: [
          {
            id: '900900159269',
            box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 },
            mask: { kind: 'polygons', polygons: [[0.25, 0.25, 0.75, 0.25, 0.75, 0.75]] },
            label: 'apple',
            description: 'an apple',
            source: 'coco',
          },
          {
            id: '2',
            box: { x0: 0, y0: 0, x1: 9.5 / 40, y1: 1 },
            label: 'person',
            description: 'a person',
            source: 'coco',
          },
          {
            id: '3',
            box: { x0: 0, y0: 0, x1: 1, y1: 1 },
            mask: { kind: 'rle', size: [20, 40], counts: [100, 300, 400] },
            label: 'person',
            description: 'a person',
            source: COCO_CROWD,
          },
        ],
      },
    ]);
  });

  it('takes the first caption and keeps all', async () => {
    const { samples, captions } = await read(good, {
      captions: [
        { id: 1, image_id: 7, caption: ' A green field.\n' },
        { id: 2, image_id: 7, caption: 'Nothing but grass.' },
      ],
    });
    expect(samples[0]?.caption).toBe('A green field.');
    expect(captions.get('7')).toEqual(['A green field.', 'Nothing but grass.']);
  });

  const annotation = (changes: object) => ({
    id: 50,
    image_id: 7,
    category_id: 1,
    bbox: [0, 0, 5, 5],
    ...changes,
  });
  it.each([
    ['a box outside', annotation({ bbox: [30, 0, 20, 10] }), 'bad-box'],
    ['a box without width', annotation({ bbox: [3, 3, 0, 10] }), 'bad-box'],
    ['a box of negative height', annotation({ bbox: [3, 3, 5, -10] }), 'bad-box'],
    ['an unknown category', annotation({ category_id: 2 }), 'unknown-category'],
    ['an id that exists', annotation({ id: 2 }), 'duplicate-id'],
    ['an unknown image', annotation({ image_id: 8 }), 'unknown-image'],
    ['three numbers for a box', annotation({ bbox: [1, 2, 3] }), 'bad-record'],
    ['a text for a number', annotation({ bbox: ['1', 2, 3, 4] }), 'bad-record'],
    ['an odd polygon', annotation({ segmentation: [[1, 2, 3, 4, 5]] }), 'bad-record'],
    ['runs of another image', annotation({ segmentation: { size: [40, 20], counts: [800] } }), 'bad-record'],
    ['runs that fall short', annotation({ segmentation: { size: [20, 40], counts: [799] } }), 'bad-record'],
  ])('skips and lists an annotation with %s', async (_, bad, reason) => {
    const { samples, skipped } = await read({ ...good, annotations: [...good.annotations, bad] });
    expect(samples[0]?.regions).toHaveLength(3);
    expect(skipped).toMatchObject([
      { file: join(folder, 'instances.json'), id: String((bad as { id: number }).id), reason },
    ]);
    expect(skipped[0]?.detail).not.toBe('');
  });

  it.each([
    ['a bad box', annotation({ bbox: [30, 0, 20, 10] }), ['person']],
    ['three numbers for a box', annotation({ category_id: 53, bbox: [1, 2, 3] }), ['apple']],
    ['an id that exists', annotation({ id: 2 }), ['person']],
    ['an odd polygon', annotation({ segmentation: [[1, 2, 3, 4, 5]] }), ['person']],
    ['runs that fall short', annotation({ segmentation: { size: [20, 40], counts: [799] } }), ['person']],
    ['an unknown category', annotation({ category_id: 2 }), 'all'],
    ['a text for a category', annotation({ category_id: '1' }), 'all'],
    ['an unknown image', annotation({ image_id: 8 }), undefined],
    ['no image', annotation({ image_id: undefined }), undefined],
  ])('tells that a label is not all there, after an annotation with %s', async (_, bad, incomplete) => {
    const images = [...good.images, { id: 0, file_name: 'a.png', width: 40, height: 20 }];
    const { samples } = await read({ ...good, images, annotations: [...good.annotations, bad] });
    expect(samples.map((sample) => sample.incomplete)).toEqual([incomplete, undefined]);
  });

  it('asks nothing that a broken record could make false', async () => {
    const box = (id: number, category_id: number, bbox: readonly number[]) =>
      annotation({ id, category_id, bbox });
    const zebra = { id: 60, name: 'zebra' };
    const ask = async (...bad: object[]) => {
      const images = [...good.images, { id: 9, file_name: 'a.png', width: 40, height: 20 }];
      const annotations = [
        box(1, 53, [0, 0, 10, 10]),
        box(2, 53, [20, 0, 10, 10]),
        annotation({ id: 3, image_id: 9, category_id: 60, bbox: [0, 0, 40, 20] }),
        annotation({ id: 4, image_id: 9, category_id: 1, bbox: [0, 0, 20, 20] }),
        ...bad,
      ];
      const categories = [...good.categories, zebra];
      const { samples } = await read({ images, annotations, categories });
      const { questions } = curatedQuestions(samples, {
        types: ['existence', 'count'],
        balance: false,
        perImage: 100,
      });
      return questions.flatMap(({ sample, question, answer }) =>
        sample === '7' ? [`${question} ${answer}`] : [],
      );
    };
    const whole = ['How many apples are in the image? 2', 'Is there a zebra in the image? no'];
    expect(await ask()).toEqual(expect.arrayContaining([...whole, 'Is there a person in the image? no']));
    const counted = await ask(box(5, 53, [0, 0, 0, 5]));
    expect(counted).toContain('Is there a zebra in the image? no');
    expect(counted.join()).not.toContain('How many apples');
    const seen = await ask(box(5, 1, [0, 0, 0, 5]));
    expect(seen).toEqual(expect.arrayContaining(whole));
    expect(seen.join()).not.toContain('person');
    expect(await ask(box(5, 99, [0, 0, 5, 5]))).toEqual([]);
  });

  it('unpacks compressed run lengths', async () => {
    const annotations = [annotation({ segmentation: { size: [20, 40], counts: 'T3\\9`<' } })];
    // 100 = 4 + 3 * 32 -> 'T3'; 300 = 12 + 9 * 32 -> '\9'; 400 = 16 + 12 * 32 -> '`<'.
    const { samples, skipped } = await read({ ...good, annotations });
    expect(skipped).toEqual([]);
    expect(samples[0]?.regions[0]?.mask).toEqual({ kind: 'rle', size: [20, 40], counts: [100, 300, 400] });
  });

  it('skips images that are missing, truncated, of another size, or twice, and their regions with them', async () => {
    await picture('other-size.png', { width: 20, height: 40 });
    await writeFile(join(folder, 'photos', 'text.png'), 'no image');
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const whole = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#888', noise } })
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, 'photos', 'cut.jpg'), whole.subarray(0, whole.length / 2));
    const image = (id: number, file_name: string) => ({ id, file_name, width: 40, height: 20 });
    const images = [
      ...good.images,
      image(11, 'missing.png'),
      image(12, 'cut.jpg'),
      image(13, 'other-size.png'),
      image(14, 'text.png'),
      image(7, 'a.png'),
      { id: 15, file_name: 'a.png', width: 0, height: 20 },
    ];
    const annotations = [
      ...good.annotations,
      annotation({ image_id: 11 }),
      annotation({ id: 51, image_id: 12 }),
    ];
    const files = { ...good, images, annotations };
    const { samples, skipped } = await read(files);
    expect(samples.map(({ id }) => id)).toEqual(['7']);
    expect(Object.fromEntries(skipped.map(({ id, reason }) => [id, reason]))).toEqual({
      7: 'duplicate-id',
      11: 'missing-image',
      12: 'bad-image',
      13: 'image-size',
      14: 'bad-image',
      15: 'bad-record',
    });
    expect(countSkips((await read(files, { check: 'header' })).skipped)['bad-image']).toBe(1);
    expect((await read(files, { check: 'none' })).samples).toHaveLength(5);
    await expect(read(files, { maxSkips: 5 })).rejects.toMatchObject({ code: 'data/too-many-skips' });
    expect((await read(files, { maxSkips: 6 })).skipped).toHaveLength(6);
  });

  it('skips bad captions', async () => {
    const { samples, skipped } = await read(good, {
      captions: [
        { id: 1, image_id: 8, caption: 'elsewhere' },
        { id: 2, image_id: 7, caption: '  ' },
        { id: 3, image_id: 7 },
        { id: 4, image_id: 7, caption: 'Grass.' },
        { id: 4, image_id: 7, caption: 'Grass again.' },
      ],
    });
    expect(samples[0]?.caption).toBe('Grass.');
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'unknown-image'],
      ['2', 'no-text'],
      ['3', 'bad-record'],
      ['4', 'duplicate-id'],
    ]);
  });

  it.each([
    '../secret.png',
    'photos/../../secret.png',
    '/etc/passwd',
    'C:\\secret.png',
    '..\\secret.png',
    'a\0.png',
  ])('refuses the file name %j', async (file_name) => {
    const images = [...good.images, { id: 8, file_name, width: 40, height: 20 }];
    await expect(read({ ...good, images })).rejects.toMatchObject({ code: 'data/path-escape' });
    await expect(read({ ...good, images }, { check: 'none' })).rejects.toMatchObject({
      code: 'data/path-escape',
    });
  });

  it('refuses a link that leads out of the folder', async () => {
    await writeFile(join(folder, 'secret.png'), 'secret');
    await symlink(join(folder, 'secret.png'), join(folder, 'photos', 'link.png'));
    const images = [{ id: 8, file_name: 'link.png', width: 40, height: 20 }];
    await expect(read({ ...good, images })).rejects.toMatchObject({ code: 'data/path-escape' });
  });

  it('refuses empty data sets and other formats', async () => {
    await expect(read({ ...good, images: [] })).rejects.toMatchObject({ code: 'data/empty' });
    const missing = [{ id: 7, file_name: 'none.png', width: 40, height: 20 }];
    await expect(read({ ...good, images: missing })).rejects.toMatchObject({ code: 'data/empty' });
    await expect(read([])).rejects.toMatchObject({ code: 'data/bad-record' });
    await expect(read({ images: [] })).rejects.toMatchObject({ code: 'data/bad-record' });
  });

  it('names the place of broken JSON', async () => {
    const text = JSON.stringify(good, null, 2);
    await expect(read(text.slice(0, 100))).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringMatching(/instances\.json:\d+:\d+ \(byte \d+\)/) as unknown,
    });
  });

  it('reads the lists in any order, the last of a name where it comes twice', async () => {
    const { images, annotations, categories } = good;
    const expected = await read({ images, annotations, categories });
    expect(await read({ annotations, info: { images: [] }, categories, images })).toEqual(expected);
    expect(await read({ categories, annotations, images, licenses: [{ id: 1 }] })).toEqual(expected);
    const bad = '"images": [1], "annotations": [{"id": 2}, {"id": 2}], "categories": 5, "__proto__": []';
    expect(await read(`{${bad}, ${JSON.stringify(good).slice(1)}`)).toEqual(expected);
    await expect(read(`${JSON.stringify(good).slice(0, -1)}, "images": []}`)).rejects.toMatchObject({
      code: 'data/empty',
    });
    await expect(read(`${JSON.stringify(good).slice(0, -1)}, "images": {}}`)).rejects.toMatchObject({
      code: 'data/bad-record',
    });
  });

  it('lists skips by kind of record, then in file order, whatever the order of the lists', async () => {
    const images = [{ id: 8 }, ...good.images, { id: 9, file_name: 'none.png', width: 4, height: 2 }];
    const categories = [...good.categories, { id: 'x' }];
    const annotations = [
      annotation({ bbox: [1] }),
      annotation({ id: 51, image_id: 10 }),
      annotation({ id: 52, bbox: [0] }),
      annotation({ id: 51 }),
    ];
    const expected = ['x', '8', '9', '50', '51', '52', '51'];
    for (const files of [
      { images, annotations, categories },
      { categories, annotations, images },
    ])
      expect((await read(files)).skipped.map(({ id }) => id)).toEqual(expected);
  });

  it('takes ids that are texts, equal to numbers of the same digits', async () => {
    const annotations = [
      annotation({ id: '50', image_id: '7' }),
      annotation({ id: 50 }),
      annotation({ id: '050' }),
      annotation({ id: 'b', image_id: '07' }),
    ];
    const { samples, skipped } = await read({ ...good, annotations });
    expect(samples[0]?.regions.map(({ id }) => id)).toEqual(['50', '050']);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['50', 'duplicate-id'],
      ['b', 'unknown-image'],
    ]);
  });

  it('refuses a file that is cut off anywhere', async () => {
    const text = JSON.stringify(good);
    for (let length = 0; length < text.length; length += 13)
      await expect(read(text.slice(0, length))).rejects.toMatchObject({
        code: 'data/bad-json',
        message: expect.stringMatching(/instances\.json:\d+:\d+ \(byte \d+\)/) as unknown,
      });
  });
});

describe('streamCoco', () => {
  const options = () => ({ instances: join(folder, 'instances.json'), images: join(folder, 'photos') });

  it('makes the samples of readCoco, as often as they are asked for', async () => {
    const { samples, skipped } = await read({ ...good, annotations: [...good.annotations, { id: 60 }] });
    const stream = await streamCoco(options());
    expect(stream.count).toBe(1);
    expect(stream.skipped).toEqual(skipped);
    expect([...stream.samples]).toEqual(samples);
    expect([...stream.samples]).toEqual(samples);
  });

  it('leaves masks out where they are not wanted, but not their faults', async () => {
    const broken = { ...good.annotations[1], id: 60, segmentation: [[1, 2, 3]] };
    const { samples, skipped } = await read({ ...good, annotations: [...good.annotations, broken] });
    const bare = await streamCoco({ ...options(), masks: false });
    expect(bare.skipped).toEqual(skipped);
    expect(skipped).toHaveLength(1);
    const regions = samples[0]?.regions.map((region) => ({ ...region, mask: undefined }));
    expect([...bare.samples][0]?.regions).toEqual(regions);
  });

  it('asks once for the text of a category', async () => {
    await read(good);
    const asked: string[] = [];
    const describe = (category: string) => {
      asked.push(category);
      return `the ${category}`;
    };
    const { samples } = await streamCoco({ ...options(), describe });
    expect([...samples][0]?.regions[2]?.description).toBe('the person');
    expect(asked).toEqual(['person', 'apple']);
  });
});
