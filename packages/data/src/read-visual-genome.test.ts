import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readVisualGenome, type ReadVisualGenomeOptions } from './read-visual-genome.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-vg-'));
  await mkdir(join(folder, 'VG_100K_2'));
});

const url = 'https://cs.stanford.edu/people/rak248/VG_100K_2/1.jpg';
const image = { image_id: 1, width: 100, height: 50, url, coco_id: null, flickr_id: null };
const region = {
  region_id: 10,
  image_id: 1,
  x: 0,
  y: 0,
  width: 50,
  height: 25,
  phrase: 'Calf in the meadow ',
};
const object = { object_id: 20, x: 50, y: 0, w: 50, h: 50, names: ['calf', 'cow'], synsets: ['calf.n.01'] };
const meadow = { object_id: 21, x: 0, y: 0, w: 50, h: 50, names: ['meadow'], synsets: 'meadow.n.01' };

const KEYS = {
  imageData: 'image_data',
  regionDescriptions: 'region_descriptions',
  objects: 'objects',
  attributes: 'attributes',
  relationships: 'relationships',
} as const;

async function read(
  files: Partial<Record<keyof typeof KEYS, unknown>>,
  options: Partial<ReadVisualGenomeOptions> = {},
) {
  const paths: Partial<Record<keyof typeof KEYS, string>> = {};
  for (const [key, content] of Object.entries({ imageData: [image], ...files })) {
    const path = join(folder, `${KEYS[key as keyof typeof KEYS]}.json`);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    paths[key as keyof typeof KEYS] = path;
  }
  const imageData = join(folder, 'image_data.json');
  return readVisualGenome({ ...paths, imageData, images: folder, check: 'none', ...options });
}

describe('readVisualGenome', () => {
  it('reads both spellings of widths and of the image key, and synsets as list or text', async () => {
    const { samples, skipped, otherPredicates } = await read({
      regionDescriptions: [{ id: 1, regions: [region] }],
      objects: [{ image_id: 1, objects: [object, meadow] }],
      attributes: [
        { image_id: 1, attributes: [{ ...object, attributes: ['brown', 'young'] }, { ...meadow }] },
      ],
      relationships: [
        {
          image_id: 1,
          relationships: [
            {
              relationship_id: 1,
              predicate: 'to the right of',
              synsets: "['right.r.01']",
              subject: object,
              object: meadow,
            },
            { relationship_id: 2, predicate: 'ON', synsets: [], subject: object, object: meadow },
          ],
        },
      ],
    });
    expect(skipped).toEqual([]);
    expect(samples).toEqual([
      {
        id: '1',
        image: join(folder, '1.jpg'),
        width: 100,
        height: 50,
        regions: [
          {
            id: 'region-10',
            box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
            label: 'Calf in the meadow',
            description: 'Calf in the meadow',
            source: 'visual-genome',
          },
          {
            id: 'object-20',
            box: { x0: 0.5, y0: 0, x1: 1, y1: 1 },
            label: 'calf',
            description: 'a brown calf',
            source: 'visual-genome',
          },
          {
            id: 'object-21',
            box: { x0: 0, y0: 0, x1: 0.5, y1: 1 },
            label: 'meadow',
            description: 'a meadow',
            source: 'visual-genome',
          },
        ],
        relations: [{ subject: 'object-20', relation: 'right-of', object: 'object-21' }],
      },
    ]);
    expect([...otherPredicates]).toEqual([['on', 1]]);
  });

  it.each([
    ['a box outside', { x: 60 }, 'bad-box'],
    ['no width', { width: undefined }, 'bad-box'],
    ['no area', { height: 0 }, 'bad-box'],
    ['an empty phrase', { phrase: ' ' }, 'no-text'],
    ['no phrase', { phrase: undefined }, 'bad-record'],
    ['an id that exists', { region_id: 10 }, 'duplicate-id'],
    ['no id', { region_id: undefined }, 'bad-record'],
  ])('skips and lists a region with %s', async (_, changes, reason) => {
    const { samples, skipped } = await read({
      regionDescriptions: [{ id: 1, regions: [region, { ...region, region_id: 11, ...changes }] }],
    });
    expect(samples[0]?.regions).toHaveLength(1);
    expect(skipped.map((skip) => skip.reason)).toEqual([reason]);
  });

  it('skips objects without a name, twice, and relationships to objects that are not there', async () => {
    const relationship = {
      relationship_id: 5,
      predicate: 'above',
      subject: object,
      object: { ...object, object_id: 99 },
    };
    const { samples, skipped } = await read({
      objects: [{ image_id: 1, objects: [object, object, { ...object, object_id: 22, names: [] }] }],
      relationships: [{ image_id: 1, relationships: [relationship] }],
    });
    expect(samples[0]?.regions).toHaveLength(1);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['20', 'duplicate-id'],
      ['22', 'no-text'],
      ['5', 'unknown-object'],
    ]);
  });

  it('skips entries of unknown images and images that are bad or twice', async () => {
    const { samples, skipped } = await read({
      imageData: [image, image, { width: 5, height: 5 }, { ...image, image_id: 3, width: -1 }],
      regionDescriptions: [{ id: 2, regions: [] }, { regions: [] }, { id: 1, regions: [region] }],
    });
    expect(samples).toHaveLength(1);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'duplicate-id'],
      ['?', 'bad-record'],
      ['3', 'bad-record'],
      ['2', 'unknown-image'],
      ['?', 'unknown-image'],
    ]);
  });

  it('finds photos in both folders and skips missing and broken ones', async () => {
    const picture = sharp({ create: { width: 100, height: 50, channels: 3, background: '#080' } }).jpeg();
    await picture.toFile(join(folder, 'VG_100K_2', '1.jpg'));
    await picture.toFile(join(folder, '2.jpg'));
    await writeFile(join(folder, '3.jpg'), 'no image');
    const imageData = [1, 2, 3, 4].map((id) => ({
      ...image,
      image_id: id,
      ...(id === 1 ? {} : { url: undefined }),
    }));
    const { samples, skipped } = await read({ imageData }, { check: 'decode' });
    expect(samples.map((sample) => sample.image)).toEqual([
      join(folder, 'VG_100K_2', '1.jpg'),
      join(folder, '2.jpg'),
    ]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['3', 'bad-image'],
      ['4', 'missing-image'],
    ]);
  });

  it('refuses urls that lead out of the folder', async () => {
    const imageData = [{ ...image, url: 'https://example.org/../..' }];
    await expect(read({ imageData })).rejects.toMatchObject({ code: 'data/path-escape' });
  });

  it('refuses empty data, broken JSON, and relationships without objects', async () => {
    await expect(read({ imageData: [] })).rejects.toMatchObject({ code: 'data/empty' });
    await expect(read({ imageData: '[{"image_id": 1' })).rejects.toMatchObject({ code: 'data/bad-json' });
    await expect(read({ regionDescriptions: '[{"id": 1,}]' })).rejects.toMatchObject({
      code: 'data/bad-json',
    });
    await expect(read({ relationships: [] })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(
      read({ regionDescriptions: [{ id: 1, regions: [{ ...region, x: 90 }] }] }, { maxSkips: 0 }),
    ).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });
});
