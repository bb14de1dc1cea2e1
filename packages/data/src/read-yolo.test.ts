import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readYolo, type ReadYoloOptions } from './read-yolo.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), content);
}

const picture = () =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: '#080' } })
    .png()
    .toBuffer();

const YAML = 'path: .\ntrain: images/train\nval: images/val\nnames:\n  0: person\n  2: apple\n';

/** Two 40 x 20 images, one with a box and a polygon, one without a label file. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-yolo-'));
  await put('images/train/a.png', await picture());
  await put('images/train/deep/b.png', await picture());
  await put('labels/train/a.txt', '2 0.5 0.5 0.5 1\n\n0 0.25 0.25 0.75 0.25 0.5 1\n');
  await put('data.yaml', YAML);
});

const read = (options: Partial<ReadYoloOptions> = {}) => readYolo({ data: at('data.yaml'), ...options });

describe('readYolo', () => {
  it('reads boxes, polygons, and pictures without labels', async () => {
    const { samples, skipped, names, withoutLabels } = await read();
    expect(skipped).toEqual([]);
    expect([...names]).toEqual([
      [0, 'person'],
      [2, 'apple'],
    ]);
    expect(withoutLabels).toBe(1);
    expect(samples).toEqual([
      {
        id: 'images/train/a.png',
        image: at('images/train/a.png'),
        width: 40,
        height: 20,
        regions: [
          {
            id: 'images/train/a.png#1',
            box: { x0: 0.25, y0: 0, x1: 0.75, y1: 1 },
            label: 'apple',
            description: 'an apple',
            source: 'yolo',
          },
          {
            id: 'images/train/a.png#3',
            box: { x0: 0.25, y0: 0.25, x1: 0.75, y1: 1 },
            mask: { kind: 'polygons', polygons: [[0.25, 0.25, 0.75, 0.25, 0.5, 1]] },
            label: 'person',
            description: 'a person',
            source: 'yolo',
          },
        ],
      },
      {
        id: 'images/train/deep/b.png',
        image: at('images/train/deep/b.png'),
        width: 40,
        height: 20,
        regions: [],
      },
    ]);
  });

  it.each([
    ['a list of names', 'train: images/train\nnc: 3\nnames: [person, car, apple]\n'],
    ['several folders', 'train: [images/train/deep, images/train]\nnames: [person, car, apple]\n'],
    ["Roboflow's folders", 'train: ../images/train\nnames: [person, car, apple]\n'],
    ['a root within', 'path: ./\ntrain: images/train/\nnames: [person, car, apple]\n'],
  ])('reads a data.yaml with %s', async (_, yaml) => {
    await put('data.yaml', yaml);
    const { samples } = await read();
    expect(samples).toHaveLength(2);
    expect(samples.flatMap(({ regions }) => regions)).toHaveLength(2);
  });

  it('reads a list of images, and another root', async () => {
    await put('train.txt', 'images/train/a.png\n./images/train/deep/b.png\n./images/train/a.png\n');
    await put(
      'elsewhere/data.yaml',
      'path: /datasets/fruit\ntrain: train.txt\nnames: [person, car, apple]\n',
    );
    const { samples, skipped } = await read({ data: at('elsewhere/data.yaml'), root: folder });
    expect(samples.map(({ id }) => id)).toEqual(['images/train/a.png', 'images/train/deep/b.png']);
    expect(skipped).toMatchObject([{ id: 'images/train/a.png', reason: 'duplicate-id' }]);
  });

  it.each([
    ['a class out of range', '1 0.5 0.5 0.5 1', 'unknown-category', 'all'],
    ['a box outside', '0 0.1 0.5 0.5 1', 'bad-box', ['person']],
    ['NaN', '0 nan 0.5 0.5 1', 'bad-box', ['person']],
    ['four numbers', '0 0.5 0.5 0.5', 'bad-record', 'all'],
    ['the line above', '2 0.5 0.5 0.5 1', 'duplicate-id', undefined],
    ['bytes that are not UTF-8', Buffer.from([0x30, 0x20, 0xff]), 'bad-record', 'all'],
  ])('skips and lists %s, and says of what the image has more', async (_, line, reason, incomplete) => {
    const good = Buffer.from('2 0.5 0.5 0.5 1\n');
    await put('labels/train/a.txt', Buffer.concat([good, Buffer.from(line)]));
    const { samples, skipped } = await read();
    expect(samples[0]?.regions).toHaveLength(1);
    expect(samples[0]?.incomplete).toEqual(incomplete);
    expect(skipped).toMatchObject([{ file: at('labels/train/a.txt'), id: 'images/train/a.png#2', reason }]);
  });

  it('skips broken images, label files without an image, and what is no label file', async () => {
    await put('images/train/text.png', 'no image');
    await put('images/train/c.png', await picture());
    await put('images/train/d.png', await picture());
    await mkdir(at('labels/train/c.txt'));
    await put('labels/train/d.txt', ' '.repeat(5 << 20));
    await put('labels/train/gone.txt', '');
    await put('labels/train/classes.txt', 'person\n');
    const { samples, skipped } = await read();
    expect(samples).toHaveLength(2);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['images/train/c.png', 'bad-record'],
      ['images/train/d.png', 'bad-record'],
      ['images/train/text.png', 'bad-image'],
      ['gone', 'missing-image'],
    ]);
    await expect(read({ maxSkips: 3 })).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });

  it.each([
    ['no YAML', 'names: [a', 'data/bad-record'],
    ['no names', 'train: images/train\n', 'data/bad-record'],
    ['names that are no texts', 'train: images/train\nnames: [[a]]\n', 'data/bad-record'],
    ['classes that are no numbers', 'train: images/train\nnames: {__proto__: a}\n', 'data/bad-record'],
    ['a class of NaN', 'train: images/train\nnames: {.nan: a}\n', 'data/bad-record'],
    ['another number of classes', 'train: images/train\nnc: 2\nnames: [a]\n', 'data/bad-record'],
    ['a key twice', 'train: images/train\ntrain: images/val\nnames: [a]\n', 'data/bad-record'],
    ['a class twice', 'train: images/train\nnames: {0: a, 0: b}\n', 'data/bad-record'],
    ['a tag of Python', 'train: !!python/object:os.system images/train\nnames: [a]\n', 'data/bad-record'],
    ['poses', 'train: images/train\nkpt_shape: [17, 2]\nnames: [person]\n', 'data/bad-record'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'data/bad-record'],
    ['a text alone', 'hello', 'data/bad-record'],
    ['a root that leads out', 'path: ..\ntrain: images/train\nnames: [a]\n', 'data/path-escape'],
    ['an absolute root', 'path: /etc\ntrain: images/train\nnames: [a]\n', 'data/path-escape'],
    ['an absolute folder', 'train: /etc\nnames: [a]\n', 'data/path-escape'],
    ['a folder that leads out', 'train: images/../../..\nnames: [a]\n', 'data/path-escape'],
    ['a folder that leads out twice', 'train: ../../train\nnames: [a]\n', 'data/path-escape'],
    ['no folder of the split', 'val: images/val\nnames: [a]\n', 'data/bad-config'],
    ['a missing folder', 'train: images/none\nnames: [a]\n', 'data/missing-file'],
    ['a missing list', 'train: none.txt\nnames: [a]\n', 'data/missing-file'],
    ['a file for a folder', 'train: data.yaml\nnames: [a]\n', 'data/missing-file'],
    ['a folder without images', 'train: labels\nnames: [a]\n', 'data/empty'],
  ])('refuses a data.yaml with %s', async (_, yaml, code) => {
    await put('data.yaml', yaml);
    await expect(read()).rejects.toMatchObject({ code });
  });

  it('refuses aliases that multiply', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    await put('data.yaml', `l0: &l0 [a]\n${levels.join('\n')}\nnames: *l9\n`);
    await expect(read()).rejects.toMatchObject({ code: 'data/bad-record' });
  });

  it.each(['../secret.png', '/etc/secret.png', './../secret.png'])(
    'refuses the image %j of a list',
    async (name) => {
      await put('train.txt', `${name}\n`);
      await put('data.yaml', 'train: train.txt\nnames: [a]\n');
      await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
    },
  );

  it('refuses links that lead out', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'fgam-outside-'));
    await writeFile(join(outside, 'c.txt'), '0 0.5 0.5 1 1');
    await put('images/train/c.png', await picture());
    await symlink(join(outside, 'c.txt'), at('labels/train/c.txt'));
    await expect(read()).rejects.toMatchObject({ code: 'data/path-escape' });
  });

  it('counts progress, and can be stopped', async () => {
    const seen: number[] = [];
    await read({ onProgress: (done, total) => seen.push(done, total), check: 'header' });
    expect(seen).toEqual([1, 2, 2, 2]);
    await expect(read({ signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(read({ data: at('none.yaml') })).rejects.toMatchObject({ code: 'data/missing-file' });
  });
});
