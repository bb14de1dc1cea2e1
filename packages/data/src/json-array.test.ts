import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonArray } from './json-array.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-json-array-'));
});

async function fileOf(text: string): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, text);
  return path;
}

async function elementsOf(path: string): Promise<unknown[]> {
  const elements: unknown[] = [];
  for await (const element of readJsonArray(path)) elements.push(element);
  return elements;
}

describe('readJsonArray', () => {
  it('yields what JSON.parse would, whatever the layout', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.constantFrom(0, 2, '\t'), async (values, indent) => {
        const text = JSON.stringify(values, null, indent);
        expect(await elementsOf(await fileOf(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  it('reads elements that cross the reading blocks', async () => {
    const values = Array.from({ length: 30_000 }, (_, id) => ({
      id,
      text: `"é]},{[ ${'x'.repeat(id % 97)}\\`,
    }));
    const text = JSON.stringify(values);
    expect(text.length).toBeGreaterThan(2 ** 20);
    expect(await elementsOf(await fileOf(text))).toEqual(values);
  });

  it.each([
    ['objects that begin otherwise', 'answer', 0],
    ['objects that begin as the element does', 'type', 0],
    ['blanks between elements', 'answer', 1],
  ])('cuts elements that hold lists of %s', async (_, key, indent) => {
    const values = Array.from({ length: 4000 }, (_unused, id) => ({
      type: `}, {"type": ${id}`,
      answers: Array.from({ length: id % 7 }, (_none, place) => ({ [key]: 'a'.repeat(place), id: place })),
      id,
    }));
    const text = JSON.stringify(values, null, indent);
    expect(text.length).toBeGreaterThan(2 ** 18);
    expect(await elementsOf(await fileOf(text))).toEqual(values);
  });

  it.each([
    ['the end is missing', '[{"a": 1},\n {"b": 2}', ':2:10 (byte 20)'],
    ['it is an object', '{"a": 1}', ':1:1 (byte 0)'],
    ['an element is broken', '[{"a": 1},\n {"b": oops}]', ':2:8 (byte 18)'],
    ['the last comma trails', '[1, 2,]', ':1:7 (byte 6)'],
    ['something follows', '[1] [2]', ':1:5 (byte 4)'],
    ['it is empty', '', ':1:1 (byte 0)'],
  ])('refuses a file where %s', async (_, text, where) => {
    await expect(elementsOf(await fileOf(text))).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringContaining(where) as unknown,
    });
  });

  it('says which file is missing', async () => {
    await expect(elementsOf(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'data/missing-file' });
  });
});
