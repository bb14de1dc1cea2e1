import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readRefCoco, type ReadRefCocoOptions } from './read-ref-coco.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const instances = {
  images: [
    { id: 7, file_name: 'a.png', width: 40, height: 20 },
    { id: 8, file_name: 'b.png', width: 40, height: 20 },
    { id: 9, file_name: 'none.png', width: 40, height: 20 },
    { id: 10, file_name: 'b.png', width: 40e9, height: 20 },
  ],
  annotations: [
    {
      id: 1,
      image_id: 7,
      category_id: 1,
      bbox: [10, 5, 20, 10],
      iscrowd: 0,
      segmentation: [[10, 5, 30, 5, 30, 15]],
    },
    { id: 2, image_id: 8, category_id: 1, bbox: [0, 0, 40, 20], iscrowd: 0 },
    { id: 3, image_id: 9, category_id: 1, bbox: [0, 0, 40, 20], iscrowd: 0 },
    { id: 4, image_id: 10, category_id: 1, bbox: [0, 0, 40, 20], iscrowd: 0 },
  ],
  categories: [{ id: 1, name: 'person' }],
};

const sentence = (sent_id: number, sent: unknown) => ({ sent_id, sent, raw: String(sent), tokens: [] });

/** A reference as official files have it: their `file_name` names a crop that exists nowhere. */
const reference = (ref_id: number, ann_id: number, image_id: number, changes: object = {}) => ({
  ref_id,
  ann_id,
  image_id,
  category_id: 1,
  split: 'train',
  file_name: `COCO_train2014_000000000007_${ann_id}.jpg`,
  sent_ids: [0, 1],
  sentences: [sentence(0, 'the lady with the blue shirt'), sentence(1, 'blue shirt')],
  ...changes,
});
const good = [reference(0, 1, 7), reference(5, 2, 8, { split: 'testA' })];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-refcoco-'));
  await mkdir(at('images'));
  const image = sharp({ create: { width: 40, height: 20, channels: 3, background: '#080' } });
  for (const name of ['a.png', 'b.png']) await image.png().toFile(at('images', name));
  await writeFile(at('instances.json'), JSON.stringify(instances));
});

async function read(refs: unknown, options: Partial<ReadRefCocoOptions> = {}) {
  await writeFile(at('refs.json'), refs instanceof Buffer ? refs : JSON.stringify(refs));
  return readRefCoco({
    refs: at('refs.json'),
    instances: at('instances.json'),
    images: at('images'),
    ...options,
  });
}

describe('readRefCoco', () => {
  it('reads a region a referred object, all its expressions and its split', async () => {
    const { samples, skipped, texts, splits } = await read(good);
    expect(skipped).toEqual([]);
    expect(samples.map(({ id }) => id)).toEqual(['7', '8']);
    expect(samples[0]).toEqual({
      id: '7',
      image: at('images', 'a.png'),
      width: 40,
      height: 20,
      regions: [
        {
          id: 'ref-0',
          box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 },
          mask: { kind: 'polygons', polygons: [[0.25, 0.25, 0.75, 0.25, 0.75, 0.75]] },
          label: 'person',
          description: 'the lady with the blue shirt',
          source: 'refcoco',
        },
      ],
    });
    expect(texts.get('ref-0')).toEqual(['the lady with the blue shirt', 'blue shirt']);
    expect([...splits]).toEqual([
      ['ref-0', 'train'],
      ['ref-5', 'testA'],
    ]);
  });

  it('takes one split, and looks at the images of that one alone', async () => {
    const { samples, skipped, otherSplits } = await read([...good, reference(6, 3, 9)], {
      splits: ['testA'],
    });
    expect(samples.map(({ id }) => id)).toEqual(['8']);
    expect(skipped).toEqual([]);
    expect(otherSplits).toBe(2);
    const both = await read(good, { splits: ['testA', 'train'] });
    expect([both.samples.length, both.otherSplits]).toEqual([2, 0]);
    await expect(read(good, { splits: ['testB'] })).rejects.toMatchObject({ code: 'data/empty' });
  });

  it('gives an image of several splits a sample for each', async () => {
    const refs = [reference(0, 1, 7), reference(1, 1, 7, { split: 'val' }), reference(2, 1, 7)];
    const { samples, splits, sharedImages } = await read(refs, { keepShared: true });
    expect(sharedImages).toBe(0);
    expect(samples.map(({ id, image, regions }) => [id, image, regions.map((region) => region.id)])).toEqual([
      ['7-train', at('images', 'a.png'), ['ref-0', 'ref-2']],
      ['7-val', at('images', 'a.png'), ['ref-1']],
    ]);
    expect([...splits.values()]).toEqual(['train', 'val', 'train']);
  });

  it('leaves out and counts training references of images that are held out, asked for or not', async () => {
    const refs = [
      reference(0, 1, 7),
      reference(1, 2, 8),
      reference(2, 1, 7),
      reference(3, 1, 7, { split: 'test' }),
    ];
    const all = await read(refs);
    expect(all.samples.map(({ id, regions }) => [id, regions.map((region) => region.id)])).toEqual([
      ['7', ['ref-3']],
      ['8', ['ref-1']],
    ]);
    expect(all.sharedImages).toBe(2);
    const training = await read(refs, { splits: ['train'] });
    expect(training.samples.map(({ id }) => id)).toEqual(['8']);
    expect([training.sharedImages, training.otherSplits]).toEqual([2, 1]);
    const kept = await read(refs, { splits: ['train'], keepShared: true });
    expect(kept.samples.map(({ id }) => id)).toEqual(['7', '8']);
    await expect(read([refs[0], refs[3]], { splits: ['train'] })).rejects.toMatchObject({
      code: 'data/empty',
      message: expect.stringContaining('1 of them in training and of an image that is held out') as unknown,
    });
  });

  it('ends where it is told to', async () => {
    await expect(read(good, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it.each([
    ['an id that exists', reference(0, 1, 7), 'duplicate-id', '0'],
    ['an unknown image', reference(6, 1, 70), 'unknown-image', '6'],
    ['an unknown annotation', reference(6, 70, 7), 'unknown-object', '6'],
    ['an annotation of another image', reference(6, 2, 7), 'unknown-object', '6'],
    ['a missing photo', reference(6, 3, 9), 'missing-image', '9'],
    ['an absurd size', reference(6, 4, 10), 'image-size', '10'],
    ['no split', reference(6, 1, 7, { split: undefined }), 'bad-record', '6'],
    ['no sentences', reference(6, 1, 7, { sentences: [] }), 'bad-record', '6'],
    ['NaN for an id', reference(6, Number.NaN, 7), 'bad-record', '6'],
    ['a text for a record', 'reference', 'bad-record', '?'],
  ])('skips and lists a reference with %s', async (_, bad, reason, id) => {
    const { samples, skipped } = await read([...good, bad]);
    expect(samples.flatMap(({ regions }) => regions)).toHaveLength(2);
    expect(skipped).toMatchObject([{ id, reason }]);
  });

  it('skips and lists single sentences, and references that have none left', async () => {
    const sentences = [sentence(0, ' '), sentence(1, 5), sentence(2, 'half \ud83d'), sentence(3, ' man ')];
    const { texts, skipped } = await read([
      reference(0, 1, 7, { sentences }),
      reference(1, 1, 7, { sentences: [sentence(0, '')] }),
    ]);
    expect([...texts]).toEqual([['ref-0', ['man']]]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['0 sentence 1', 'no-text'],
      ['0 sentence 2', 'bad-record'],
      ['0 sentence 3', 'bad-text'],
      ['1 sentence 1', 'no-text'],
      ['1', 'no-text'],
    ]);
    const limit = read([reference(0, 1, 7, { sentences })], { maxSkips: 2 });
    await expect(limit).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });

  it('lists bytes that are not UTF-8, and leaves prototypes alone', async () => {
    const [json = ''] = [JSON.stringify(good)];
    const bytes = Buffer.from(json.replace('blue shirt"', '?"').replace('{', '{"__proto__":{"polluted":1},'));
    bytes[bytes.indexOf('?')] = 0xff;
    const { skipped, samples } = await read(bytes);
    expect(skipped).toMatchObject([{ reason: 'bad-text' }]);
    expect(samples[0]?.regions[0]).not.toHaveProperty('polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['by its name', 'refs(unc).p', '[]'],
    ['by its first byte', 'refs.json', Buffer.from([0x80, 0x02, 0x5d])],
    ['by the text protocol', 'refs.json', '(lp0\n(dp1\n'],
  ])('refuses a pickle, %s, and says how to convert it', async (_, name, content) => {
    await writeFile(at(name), content);
    const refused = readRefCoco({ refs: at(name), instances: at('instances.json'), images: at('images') });
    await expect(refused).rejects.toMatchObject({
      code: 'data/bad-record',
      message: expect.stringMatching(/json\.dump\(refs, open\(".*\.json", 'w'\)\)/) as unknown,
    });
  });

  it('refuses file names that lead out, other formats and missing files', async () => {
    const names = (file_name: string) => ({ ...instances, images: [{ ...instances.images[0], file_name }] });
    for (const name of ['../secret.png', '/etc/passwd']) {
      await writeFile(at('instances.json'), JSON.stringify(names(name)));
      await expect(read(good, { check: 'none' })).rejects.toMatchObject({ code: 'data/path-escape' });
    }
    await writeFile(at('instances.json'), JSON.stringify(instances));
    await expect(read({})).rejects.toMatchObject({ code: 'data/bad-json' });
    await expect(read(good, { refs: at('none.json') })).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(read([])).rejects.toMatchObject({ code: 'data/empty' });
    await expect(read(good, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('counts progress', async () => {
    const seen: number[] = [];
    await read(good, { onProgress: (done, total) => seen.push(done, total) });
    expect(seen).toEqual([1, 2, 2, 2]);
  });
});
