import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildShards } from './build-shards.js';
import {
  streamInstructionSamples,
  type StreamInstructionSamplesOptions,
} from './stream-instruction-samples.js';
import { readShards } from './read-shards.js';
import type { RegionSample } from './records.js';

let folder: string;
const at = (name: string) => join(folder, name);

const said = (...texts: readonly string[]) =>
  texts.map((text, index) => ({
    from: index % 2 === 0 ? 'human' : 'gpt',
    value: index === 0 ? `<image>\n${text}` : text,
  }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-instructions-'));
  for (const [name, width] of [
    ['a.png', 40],
    ['b.png', 30],
  ] as const)
    await sharp({ create: { width, height: 20, channels: 3, background: '#080' } })
      .png()
      .toFile(at(name));
});

const records = [
  { id: '1', image: 'a.png', conversations: said('What is red?', 'The bus.', 'And blue?', 'The sky.') },
  { id: '2', image: 'b.png', conversations: said('Describe it.', 'A field.') },
  { id: '1', image: 'a.png', conversations: said('Describe it.', 'A street with a red bus.') },
  { id: '1', image: 'a.png', conversations: said('Describe it again.', 'A street.') },
  { id: '3', image: 'gone.png', conversations: said('What?', 'Nothing.') },
  { id: '4', conversations: said('What?', 'Nothing.') },
];

async function stream(source: StreamInstructionSamplesOptions['source'], of: readonly object[] = records) {
  await writeFile(at('file.json'), JSON.stringify(of));
  return streamInstructionSamples({ source, file: at('file.json'), images: folder });
}

async function read(source: StreamInstructionSamplesOptions['source']) {
  const { count, samples, skipped } = await stream(source);
  const all: RegionSample[] = [];
  for await (const sample of samples) all.push(sample);
  expect(count).toBe(all.length);
  return { samples: all.sort((a, b) => (a.id < b.id ? -1 : 1)), skipped };
}

describe('streamInstructionSamples', () => {
  it('makes a sample an image, with all that was said of it', async () => {
    const { samples, skipped } = await read('llava-instruct');
    expect(samples).toEqual([
      {
        id: 'a.png',
        image: at('a.png'),
        width: 40,
        height: 20,
        regions: [],
        conversations: [
          {
            id: '1',
            turns: [
              { question: 'What is red?', answer: 'The bus.' },
              { question: 'And blue?', answer: 'The sky.' },
            ],
            source: 'llava-instruct',
          },
          {
            id: '1#2',
            turns: [{ question: 'Describe it.', answer: 'A street with a red bus.' }],
            source: 'llava-instruct',
          },
          {
            id: '1#3',
            turns: [{ question: 'Describe it again.', answer: 'A street.' }],
            source: 'llava-instruct',
          },
        ],
      },
      {
        id: 'b.png',
        image: at('b.png'),
        width: 30,
        height: 20,
        regions: [],
        conversations: [
          { id: '2', turns: [{ question: 'Describe it.', answer: 'A field.' }], source: 'llava-instruct' },
        ],
      },
    ]);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['4', 'unknown-image'],
      ['3', 'missing-image'],
    ]);
  });

  it('leaves out what leads out of the folder, and goes on', async () => {
    const escape = { id: '5', image: '../a.png', conversations: said('What?', 'Nothing.') };
    const { count, samples, skipped } = await stream('llava-instruct', [escape, ...records]);
    const ids: string[] = [];
    for await (const { id } of samples) ids.push(id);
    expect([count, ids.sort()]).toEqual([2, ['a.png', 'b.png']]);
    expect(skipped).toMatchObject([{ id: '4' }, { id: '5', reason: 'unsafe-entry' }, { id: '3' }]);
  });

  it('takes the first single answer of ShareGPT4V for the caption', async () => {
    const { samples } = await read('sharegpt4v');
    expect(samples.map(({ caption }) => caption)).toEqual(['A street with a red bus.', 'A field.']);
  });

  it('goes through shards', async () => {
    const { samples } = await read('sharegpt4v');
    await buildShards({ samples, out: at('shards'), validation: 0 });
    const back = [];
    for await (const { sample } of readShards(at('shards'))) back.push(sample.conversations);
    expect(back).toEqual(samples.map(({ conversations }) => conversations));
  });

  it('gives an image with its last conversation, anew each time', async () => {
    const { samples } = await stream('llava-instruct');
    for (let round = 0; round < 2; round++) {
      const ids: string[] = [];
      for await (const { id } of samples) ids.push(id);
      expect(ids).toEqual(['b.png', 'a.png']);
    }
  });

  it.each([
    ['lacks a record', records.slice(0, 3)],
    ['has one more', [...records, { ...records[1], id: '5' }]],
    ['names another image', records.map((record) => ({ ...record, image: 'b.png' }))],
  ])('refuses a file that %s when it is read again', async (_, changed) => {
    const { samples } = await stream('llava-instruct');
    await writeFile(at('file.json'), JSON.stringify(changed));
    await expect(
      (async () => {
        for await (const { id } of samples) expect(id).toBeDefined();
      })(),
    ).rejects.toMatchObject({ code: 'data/bad-record' });
  });

  it('refuses files of which nothing is left, and ends where it is told to', async () => {
    await expect(stream('sharegpt4v', records.slice(4))).rejects.toMatchObject({ code: 'data/empty' });
    await writeFile(at('file.json'), JSON.stringify(records));
    const common = { source: 'sharegpt4v', file: at('file.json'), images: folder } as const;
    await expect(streamInstructionSamples({ ...common, signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(streamInstructionSamples({ ...common, maxSkips: 1 })).rejects.toMatchObject({
      code: 'data/too-many-skips',
    });
  });
});
