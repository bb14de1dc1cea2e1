import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readVisualGenome } from './read-visual-genome.js';
import { type ReadVisualGenomeOptions, streamVisualGenome } from './stream-visual-genome.js';

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
        { image_id: 1, attributes: [{ ...object, attributes: ['Brown ', 'young', 'brown'] }, { ...meadow }] },
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
            attributes: ['brown', 'young'],
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
        annotatedRelations: [{ subject: 'object-20', predicate: 'on', object: 'object-21' }],
      },
    ]);
    expect([...otherPredicates]).toEqual([['on', 1]]);
  });

  it('takes a side however it is said, as questions do', async () => {
    const said = ['are to the right of', 'is right of', 'at the right of', 'on the right of'];
    const relationships = said.map((predicate, id) => ({
      ...{ relationship_id: id, predicate, synsets: [] },
      ...{ subject: object, object: meadow },
    }));
    const { samples, otherPredicates } = await read({
      objects: [{ image_id: 1, objects: [object, meadow] }],
      relationships: [{ image_id: 1, relationships }],
    });
    expect(samples[0]?.relations?.map(({ relation }) => relation)).toEqual(said.map(() => 'right-of'));
    expect(otherPredicates.size).toBe(0);
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
    expect(samples[0]?.incomplete).toBe('all');
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['20', 'duplicate-id'],
      ['22', 'no-text'],
      ['5', 'unknown-object'],
    ]);
  });

  it('finds merged objects by their old ids', async () => {
    const { samples, skipped } = await read({
      objects: [{ image_id: 1, objects: [{ ...object, merged_object_ids: [30, 31] }, meadow] }],
      attributes: [{ image_id: 1, attributes: [{ ...object, object_id: 31, attributes: ['brown'] }] }],
      relationships: [
        {
          image_id: 1,
          relationships: [
            { relationship_id: 1, predicate: 'in', subject: { object_id: 30 }, object: { object_id: 21 } },
          ],
        },
      ],
    });
    expect(skipped).toEqual([]);
    expect(samples[0]?.regions[0]?.attributes).toEqual(['brown']);
    expect(samples[0]?.annotatedRelations).toEqual([
      { subject: 'object-20', predicate: 'in', object: 'object-21' },
    ]);
  });

  it('says of which name it has left an object out', async () => {
    const outside = { ...object, object_id: 22, x: 60 };
    const { samples } = await read({ objects: [{ image_id: 1, objects: [object, meadow, outside] }] });
    expect(samples[0]?.incomplete).toEqual(['calf']);
  });

  it('skips attributes and relationships that say nothing of two objects that are there', async () => {
    const relationship = { relationship_id: 5, predicate: 'in', subject: object, object: meadow };
    const { samples, skipped } = await read({
      objects: [{ image_id: 1, objects: [object, meadow] }],
      attributes: [
        {
          image_id: 1,
          attributes: [
            { ...object, attributes: [' ', 'bro\ufffdwn'] },
            { ...object, object_id: 99, attributes: ['brown'] },
            { ...object, object_id: 98, attributes: [] },
          ],
        },
      ],
      relationships: [
        {
          image_id: 1,
          relationships: [
            { ...relationship, predicate: '' },
            { ...relationship, relationship_id: 6, object },
            { ...relationship, relationship_id: 7, object: {} },
          ],
        },
      ],
    });
    expect(samples[0]?.regions.every((region) => region.attributes === undefined)).toBe(true);
    expect(samples[0]?.annotatedRelations).toEqual([]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['20', 'no-text'],
      ['20', 'bad-text'],
      ['99', 'unknown-object'],
      ['5', 'no-text'],
      ['6', 'bad-record'],
      ['7', 'bad-record'],
    ]);
  });

  it('reads images in any order, and an image in several parts', async () => {
    const imageData = [1, 2, 3].map((id) => ({ ...image, image_id: id }));
    const regionsOf = (id: number, ...ids: number[]) => ({
      id,
      regions: ids.map((region_id) => ({ ...region, region_id, x: region_id })),
    });
    const { samples, skipped } = await read({
      imageData,
      regionDescriptions: [regionsOf(3, 1), regionsOf(1, 1, 2), regionsOf(3, 1, 5)],
      objects: [
        { image_id: 2, objects: [object] },
        { image_id: 2, objects: [object, { ...meadow, merged_object_ids: [40] }] },
      ],
      attributes: [{ image_id: 2, attributes: [{ ...meadow, object_id: 40, attributes: ['green'] }] }],
    });
    expect(samples[1]?.regions.map(({ description }) => description)).toEqual(['a calf', 'a green meadow']);
    expect(samples.map(({ regions }) => regions.map(({ id, box }) => [id, box.x0]))).toEqual([
      [
        ['region-1', 0.01],
        ['region-2', 0.02],
      ],
      [
        ['object-20', 0.5],
        ['object-21', 0],
      ],
      [
        ['region-1', 0.01],
        ['region-5', 0.05],
      ],
    ]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['1', 'duplicate-id'],
      ['20', 'duplicate-id'],
    ]);
  });

  it('makes the samples anew each time that they are gone through', async () => {
    await read({ regionDescriptions: [{ id: 1, regions: [region] }] });
    const { count, samples } = await streamVisualGenome({
      imageData: join(folder, 'image_data.json'),
      regionDescriptions: join(folder, 'region_descriptions.json'),
      images: folder,
      check: 'none',
    });
    expect(count).toBe(1);
    expect([...samples]).toEqual([...samples]);
    expect([...samples][0]).not.toBe([...samples][0]);
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
    await expect(read({ attributes: [] })).rejects.toMatchObject({ code: 'data/bad-config' });
    await expect(read({ objects: [] }, { signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(
      read({ regionDescriptions: [{ id: 1, regions: [{ ...region, x: 90 }] }] }, { maxSkips: 0 }),
    ).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });
});
