import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type JsonPart, readJsonParts } from './json-parts.js';
import { parseJson } from './json.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-json-parts-'));
});

async function partsOf(text: string): Promise<JsonPart[]> {
  const path = join(folder, 'x.json');
  await writeFile(path, text);
  const parts: JsonPart[] = [];
  for await (const part of readJsonParts(path)) parts.push(part);
  return parts;
}

describe('readJsonParts', () => {
  it('yields members in their order, repeated ones too', async () => {
    expect(await partsOf('{"b": [1, [2]], "a": {"c": []}, "b": [], "__proto__": 3}')).toMatchObject([
      { kind: 'object' },
      { kind: 'array', key: 'b' },
      { kind: 'elements', key: 'b', elements: [1] },
      { kind: 'elements', key: 'b', elements: [[2]] },
      { kind: 'value', key: 'a', value: { c: [] } },
      { kind: 'array', key: 'b' },
      { kind: 'value', key: '__proto__', value: 3 },
    ]);
  });

  it('takes a byte order mark before the text for none of it, and counts its bytes', async () => {
    expect(await partsOf('\uFEFF{"a": [1]}')).toMatchObject([
      { kind: 'object', at: { byteOffset: 3 } },
      { kind: 'array', key: 'a' },
      { kind: 'elements', elements: [1] },
    ]);
    await expect(partsOf(' \uFEFF[1]')).rejects.toThrow(/where a value should be/);
  });

  it('yields a file that is one value', async () => {
    expect(await partsOf(' "a" ')).toMatchObject([{ kind: 'value', key: null, value: 'a' }]);
  });

  it('reads elements longer than a block, and letters of several bytes at its edges', async () => {
    const long = ['é'.repeat(300_000), 'x', '€'.repeat(200_000)];
    const parts = await partsOf(JSON.stringify({ long }));
    const elements = parts.flatMap((part) => (part.kind === 'elements' ? part.elements : []));
    expect(elements).toEqual(long);
  });

  // The same faults as when the file is parsed in one piece, at the same places.
  it.each([
    ['in an element', '{"a": [{"b": 1},\n {"b": oops}]}'],
    ['in the first element', '{"a": [{"b": 1,}]}'],
    ['in a value', '{"a": [],\n "b": {"c" 1}}'],
    ['of brackets that do not match', '{"a": [{"b": 1], [2}]}'],
    ['in a key', '{"a\\x": []}'],
    ['between elements', '{"a": [1 2]}'],
  ])('names the place of a fault %s', async (_, text) => {
    let message = '';
    try {
      parseJson(text, join(folder, 'x.json'));
    } catch (error) {
      message = String(error);
    }
    const place = /:\d+:\d+ \(byte \d+\)/.exec(message)?.[0];
    await expect(partsOf(text)).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringContaining(place ?? 'no place') as unknown,
    });
  });

  it('says which file is missing', async () => {
    const parts = readJsonParts(join(folder, 'none.json'));
    await expect(parts.next()).rejects.toMatchObject({ code: 'data/missing-file' });
    await expect(readJsonParts(folder).next()).rejects.toMatchObject({ code: 'data/missing-file' });
  });
});
