import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseJson, readJson } from './json.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-json-'));
});

async function fileOf(text: string): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, text);
  return path;
}

describe('readJson', () => {
  it('names line, column and byte offset of the fault', async () => {
    // 'é' is two bytes, so the byte offset is one more than the character offset of `oops`.
    const path = await fileOf('{\n  "é": 1,\n  "b": oops\n}\n');
    await expect(readJson(path)).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringContaining(
        `${path}:3:8 (byte 20): expected valid JSON, got: invalid symbol`,
      ) as unknown,
    });
  });

  it.each([
    ['cut off', '{"a": [1, 2'],
    ['comment', '{"a": 1} // no'],
    ['trailing comma', '{"a": 1,}'],
    ['two values', '{} {}'],
    ['empty', ''],
    ['byte order mark', '\uFEFF{}'],
    ['line break in a text', '{"a": "b\nc"}'],
  ])('refuses a file with %s', async (_, text) => {
    await expect(readJson(await fileOf(text))).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringMatching(/:\d+:\d+ \(byte \d+\)/) as unknown,
    });
  });

  it('says which file is missing', async () => {
    await expect(readJson(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'data/missing-file' });
  });

  it('agrees with JSON.parse on every value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseJson(JSON.stringify(value), 'x')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
