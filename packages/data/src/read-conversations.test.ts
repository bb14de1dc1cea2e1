import { copyFile, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReadConversationsOptions } from './conversation-records.js';
import { readLlavaInstruct } from './read-llava-instruct.js';
import { readShareGpt4V } from './read-share-gpt4v.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const record = (id: unknown, image: unknown, question = '<image>\nWhat is red?', answer = 'The bus.') => ({
  id,
  image,
  conversations: [
    { from: 'human', value: question },
    { from: 'gpt', value: answer },
  ],
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-llava-'));
  await mkdir(at('images', 'coco', 'train2017'), { recursive: true });
  const image = sharp({ create: { width: 40, height: 20, channels: 3, background: '#080' } });
  for (const name of ['a.png', 'coco/train2017/b.png']) await image.png().toFile(at('images', name));
  await writeFile(at('images', 'text.png'), 'no image');
});

type Options = Partial<ReadConversationsOptions>;
async function write(records: unknown, options: Options = {}): Promise<ReadConversationsOptions> {
  await writeFile(at('file.json'), records instanceof Buffer ? records : JSON.stringify(records));
  return { file: at('file.json'), images: at('images'), ...options };
}
const read = async (records: unknown, options?: Options) => readLlavaInstruct(await write(records, options));

describe('readLlavaInstruct', () => {
  it('reads conversations; ids that repeat are told apart', async () => {
    const { conversations, skipped } = await read([
      record('a', 'a.png'),
      record('a', 'a.png', 'Describe it.\n<image>', 'A red bus.'),
      record('a#2', 'a.png'),
      record(7, 'a.png'),
    ]);
    expect(skipped).toEqual([]);
    expect(conversations.map(({ id }) => id)).toEqual(['a', 'a#2', 'a#2#2', '7']);
    expect(conversations[1]).toEqual({
      id: 'a#2',
      image: at('images', 'a.png'),
      turns: [{ question: 'Describe it.', answer: 'A red bus.' }],
      source: 'llava-instruct',
    });
  });

  it.each([
    [
      'no image (text alone)',
      { id: 'x', conversations: record('x', '').conversations },
      'unknown-image',
      'x',
    ],
    ['a missing image', record('x', 'none.png'), 'missing-image', 'x'],
    ['a broken image', record('x', 'text.png'), 'bad-image', 'x'],
    ['a folder for an image', record('x', 'coco'), 'bad-image', 'x'],
    ['no conversation', { id: 'x', image: 'a.png', conversations: [] }, 'bad-record', 'x'],
    ['no id', record(undefined, 'a.png'), 'bad-record', '?'],
    ['NaN for an id', record(Number.NaN, 'a.png'), 'bad-record', '?'],
    ['a number for an image', record('x', 5), 'bad-record', 'x'],
    ['no token', record('x', 'a.png', 'What is red?'), 'bad-record', 'x'],
    ['an empty answer', record('x', 'a.png', '<image>\nWhat?', ''), 'no-text', 'x'],
    ['half a surrogate pair', record('x', 'a.png', '<image>\nWhat?', '\ud83d'), 'bad-text', 'x'],
  ])('skips and lists a record with %s', async (_, bad, reason, id) => {
    const { conversations, skipped } = await read([record('a', 'a.png'), bad]);
    expect(conversations.map(({ id: kept }) => kept)).toEqual(['a']);
    expect(skipped).toMatchObject([{ file: at('file.json'), id, reason }]);
    await expect(read([record('a', 'a.png'), bad], { maxSkips: 0 })).rejects.toMatchObject({
      code: 'data/too-many-skips',
    });
  });

  it('lists bytes that are not UTF-8, and leaves prototypes alone', async () => {
    const json = JSON.stringify([record('a', 'a.png'), record('x', 'a.png', '<image>\nWhat?', '%')]);
    const bytes = Buffer.from(json.replace('{', '{"__proto__":{"polluted":1},'));
    bytes[bytes.indexOf('%')] = 0xff;
    const { conversations, skipped } = await read(bytes);
    expect(skipped).toMatchObject([{ id: 'x', reason: 'bad-text' }]);
    expect(conversations[0]).not.toHaveProperty('polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['../secret.png', '/etc/passwd', 'C:\\a.png', 'coco/../../a.png', 'a\0.png'])(
    'skips and lists the image %j, and reads on',
    async (name) => {
      await writeFile(at('secret.png'), 'secret');
      for (const check of ['none', 'decode'] as const) {
        const records = [record('x', name), record('y', name), record('a', 'a.png')];
        const { conversations, skipped } = await read(records, { check });
        expect(conversations.map(({ id }) => id)).toEqual(['a']);
        expect(skipped).toMatchObject([
          { id: 'x', reason: 'unsafe-entry' },
          { id: 'y', reason: 'unsafe-entry' },
        ]);
      }
    },
  );

  it('skips links that lead out, though they show an image', async () => {
    await copyFile(at('images', 'a.png'), at('outside.png'));
    await symlink(at('outside.png'), at('images', 'link.png'));
    const { conversations, skipped } = await read([record('x', 'link.png'), record('a', 'a.png')]);
    expect(conversations.map(({ id }) => id)).toEqual(['a']);
    expect(skipped).toMatchObject([{ id: 'x', reason: 'unsafe-entry' }]);
  });

  it('refuses other formats, and files without a usable record', async () => {
    await expect(read({})).rejects.toMatchObject({ code: 'data/bad-json' });
    await expect(read(Buffer.from('[{"id":'))).rejects.toMatchObject({ code: 'data/bad-json' });
    await expect(read([])).rejects.toMatchObject({ code: 'data/empty' });
    await expect(read([record('x', 'none.png')])).rejects.toMatchObject({ code: 'data/empty' });
    await expect(read([], { file: at('none.json') })).rejects.toMatchObject({ code: 'data/missing-file' });
  });

  it('looks at each image once, and can be stopped', async () => {
    const seen: number[] = [];
    const onProgress = (done: number, total: number) => seen.push(done, total);
    await read([record('a', 'a.png'), record('a', 'a.png')], { onProgress });
    expect(seen).toEqual([1, 1]);
    await expect(read([record('a', 'a.png')], { signal: AbortSignal.abort() })).rejects.toThrow();
    const none = await read([record('x', 'none.png')], { check: 'none' });
    expect(none.conversations).toHaveLength(1);
  });
});

describe('readShareGpt4V', () => {
  it('reads images of several sources in one folder; those that are not there are listed', async () => {
    const { conversations, skipped } = await readShareGpt4V(
      await write([
        record('b', 'coco/train2017/b.png', 'What do you see?\n<image>', 'A green field.'),
        record('sa_1', 'sam/images/sa_1.jpg'),
      ]),
    );
    expect(conversations).toEqual([
      {
        id: 'b',
        image: at('images', 'coco', 'train2017', 'b.png'),
        turns: [{ question: 'What do you see?', answer: 'A green field.' }],
        source: 'sharegpt4v',
      },
    ]);
    expect(skipped).toMatchObject([{ id: 'sa_1', reason: 'missing-image' }]);
  });
});
