import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { readFlickr30kEntities, type ReadFlickr30kEntitiesOptions } from './read-flickr30k-entities.js';
import { readFlickr30kSentences } from './read-flickr30k-sentences.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const box = (names: readonly (string | number)[], [xmin, ymin, xmax, ymax]: readonly (string | number)[]) =>
  `<object>${names.map((name) => `<name>${name}</name>`).join('')}<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin>` +
  `<xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;

const annotation = (objects: string, filename = '7.png', size = [40, 20]) =>
  `<annotation>\n<filename>${filename}</filename>\n<size><width>${size[0]}</width><height>${size[1]}</height>` +
  `<depth>3</depth></size>\n${objects}</annotation>\n`;

const objects =
  box([1], [1, 1, 20, 20]) +
  box([2], [21, 1, 30, 10]) +
  box([2, 3], [31, 11, 40, 20]) +
  '<object><name>4</name><scene>1</scene><nobndbox>1</nobndbox></object>';

/** One 40 x 20 image: a girl, two dogs (one of them also "the brown one"), a scene, a pronoun. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-flickr-'));
  for (const name of ['Sentences', 'Annotations', 'images']) await mkdir(at(name));
  await sharp({ create: { width: 40, height: 20, channels: 3, background: '#080' } })
    .png()
    .toFile(at('images', '7.png'));
  await writeFile(
    at('Sentences', '7.txt'),
    '[/EN#1/people A girl] with [/EN#2/animals two dogs] in [/EN#4/scene a park] .\n' +
      '[/EN#1/people a GIRL] looks at [/EN#3/animals/other the brown one] , [/EN#0/notvisual it] barks .\n' +
      '[/EN#1/people A child] .\n',
  );
  await writeFile(at('Annotations', '7.xml'), annotation(objects));
});

const read = (options: Partial<ReadFlickr30kEntitiesOptions> = {}) =>
  readFlickr30kEntities({
    sentences: at('Sentences'),
    annotations: at('Annotations'),
    images: at('images'),
    ...options,
  });

describe('readFlickr30kEntities', () => {
  it('reads a region a chain and box, pixels from 1 with both ends inside', async () => {
    const { samples, skipped, captions, texts, phrasesWithoutBox } = await read();
    expect(skipped).toEqual([]);
    const dog = { x0: 0.75, y0: 0.5, x1: 1, y1: 1 };
    const region = (id: string, at: object, label: string, description: string) => ({
      id,
      box: at,
      label,
      description,
      source: 'flickr30k-entities',
    });
    expect(samples).toEqual([
      {
        id: '7',
        image: at('images', '7.png'),
        width: 40,
        height: 20,
        caption: 'A girl with two dogs in a park .',
        regions: [
          region('7-1-1', { x0: 0, y0: 0, x1: 0.5, y1: 1 }, 'people', 'A girl'),
          region('7-2-1', { x0: 0.5, y0: 0, x1: 0.75, y1: 0.5 }, 'animals', 'two dogs'),
          region('7-2-2', dog, 'animals', 'two dogs'),
          region('7-3-1', dog, 'animals', 'the brown one'),
        ],
      },
    ]);
    expect(texts.get('7-1-1')).toEqual(['A girl', 'A child']);
    expect(captions.get('7')).toHaveLength(3);
    expect(phrasesWithoutBox).toBe(1);
  });

  it('puts one region around all boxes of a chain', async () => {
    const { samples } = await read({ boxes: 'union' });
    expect(samples[0]?.regions.map(({ id, box: { x0, y0, x1, y1 } }) => [id, x0, y0, x1, y1])).toEqual([
      ['7-1-1', 0, 0, 0.5, 1],
      ['7-2-1', 0.5, 0, 1, 1],
      ['7-3-1', 0.75, 0.5, 1, 1],
    ]);
  });

  it.each([
    ['a box outside', box([1], [10, 1, 60, 20]), 'bad-box', '7 object 5'],
    ['a box of no width', box([1], [10, 1, 9, 20]), 'bad-box', '7 object 5'],
    ['a number that is none', box([1], ['NaN', 1, 9, 20]), 'bad-box', '7 object 5'],
    ['an infinite number', box([1], [1, 1, 'inf', 20]), 'bad-box', '7 object 5'],
    ['a word for a number', box([1], ['one', 1, 9, 20]), 'bad-record', '7 object 5'],
    ['a hexadecimal number', box([1], ['0x1', 1, 9, 20]), 'bad-record', '7 object 5'],
    ['a chain that is no number', box(['__proto__'], [1, 1, 9, 20]), 'bad-record', '7 object 5'],
    ['no chain', box([], [1, 1, 9, 20]), 'bad-record', '7 object 5'],
    ['neither box nor word', '<object><name>1</name></object>', 'bad-record', '7 object 5'],
    ['an empty object', '<object/>', 'bad-record', '7 object 5'],
    ['a chain that no sentence has', box([99], [1, 1, 9, 20]), 'no-text', '7-99'],
  ])('skips and lists an object with %s', async (_, bad, reason, id) => {
    await writeFile(at('Annotations', '7.xml'), annotation(objects + bad));
    const { samples, skipped } = await read();
    expect(samples[0]?.regions).toHaveLength(4);
    const incomplete = {
      'bad-box': [samples[0]?.regions[0]?.label],
      'bad-record': 'all',
      'no-text': undefined,
    };
    expect(samples[0]?.incomplete).toEqual(incomplete[reason as keyof typeof incomplete]);
    expect(skipped).toMatchObject([{ file: at('Annotations', '7.xml'), id, reason }]);
  });

  it.each([
    ['an image of another size', annotation('', '7.png', [20, 40]), 'image-size'],
    ['no image', annotation('', 'none.png'), 'missing-image'],
    ['broken XML', '<annotation>', 'bad-record'],
    ['a document type', `<!DOCTYPE a>${annotation('')}`, 'bad-record'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x3c, 0x00]), 'bad-record'],
    ['more bytes than any annotation has', ' '.repeat(5 << 20), 'bad-record'],
  ])('skips and lists an image with %s', async (_, xml, reason) => {
    await writeFile(at('Sentences', '8.txt'), 'Nothing .\n');
    await writeFile(at('Annotations', '8.xml'), xml);
    const { samples, skipped } = await read();
    expect(samples.map(({ id }) => id)).toEqual(['7']);
    expect(skipped).toMatchObject([{ file: at('Annotations', '8.xml'), id: '8', reason }]);
  });

  it('skips images that have no file of boxes, up to a limit', async () => {
    await writeFile(at('Sentences', '8.txt'), 'Nothing .\n');
    expect((await read()).skipped).toMatchObject([{ id: '8', reason: 'missing-annotation' }]);
    await expect(read({ maxSkips: 0 })).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });

  it.each(['../7.png', '/etc/passwd', 'C:\\7.png'])('refuses the file name %j', async (name) => {
    await writeFile(at('Annotations', '7.xml'), annotation(objects, name));
    await expect(read({ check: 'none' })).rejects.toMatchObject({ code: 'data/path-escape' });
  });

  it('refuses folders without anything usable, counts progress and can be stopped', async () => {
    const seen: number[] = [];
    await read({ onProgress: (done, total) => seen.push(done, total) });
    expect(seen).toEqual([1, 1]);
    await expect(read({ signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(read({ sentences: at('none') })).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(read({ annotations: at('images') })).rejects.toMatchObject({ code: 'data/empty' });
  });
});

describe('readFlickr30kSentences', () => {
  const sentences = (split?: string) =>
    readFlickr30kSentences({ sentences: at('Sentences'), ...(split ? { split } : {}) });

  it('reads captions and phrases without boxes', async () => {
    const { sentences: found, skipped } = await sentences();
    expect(skipped).toEqual([]);
    expect(found.get('7')?.map(({ phrases }) => phrases.length)).toEqual([3, 3, 1]);
  });

  it('skips and lists lines', async () => {
    const bad = Buffer.concat([
      Buffer.from('\uFEFFA good one .\r\n\n[/EN#1/people A girl\n'),
      Buffer.from([0x41, 0xff]),
    ]);
    await writeFile(at('Sentences', '8.txt'), bad);
    await writeFile(at('Sentences', '9.txt'), '');
    const { sentences: found, skipped } = await sentences();
    expect(found.get('8')).toEqual([{ text: 'A good one .', phrases: [] }]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['8:2', 'no-text'],
      ['8:3', 'bad-record'],
      ['8:4', 'bad-text'],
      ['9', 'no-text'],
    ]);
  });

  it('follows a list of ids', async () => {
    await writeFile(at('Sentences', '8.txt'), 'Another .\n');
    await writeFile(at('train.txt'), '8\n8\n9\n');
    const { sentences: found, skipped } = await sentences(at('train.txt'));
    expect([...found.keys()]).toEqual(['8']);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['8', 'duplicate-id'],
      ['9', 'missing-annotation'],
    ]);
    await writeFile(at('train.txt'), '../train\n');
    await expect(sentences(at('train.txt'))).rejects.toMatchObject({ code: 'data/path-escape' });
    await expect(sentences(at('none.txt'))).rejects.toMatchObject({ code: 'data/missing-file' });
  });

  it('leaves out sentences that the list of unrelated ones names', async () => {
    await writeFile(at('UNRELATED_CAPTIONS'), '7 2\n8 1\nseven 2\n');
    const options = { sentences: at('Sentences'), unrelated: at('UNRELATED_CAPTIONS') };
    const { sentences: found, skipped } = await readFlickr30kSentences(options);
    expect(found.get('7')?.map(({ text }) => text)).toEqual([
      'A girl with two dogs in a park .',
      'A child .',
    ]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['seven 2', 'bad-record'],
      ['7:2', 'unrelated'],
    ]);
    await expect(readFlickr30kSentences({ ...options, unrelated: at('none') })).rejects.toMatchObject({
      code: 'data/missing-file',
    });
  });

  it('refuses a link that leads out of the folder', async () => {
    await writeFile(at('secret'), 'secret');
    await symlink(at('secret'), at('Sentences', '8.txt'));
    await expect(sentences()).rejects.toMatchObject({ code: 'data/path-escape' });
  });
});
