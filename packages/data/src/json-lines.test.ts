import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonLines, streamJsonLines } from './json-lines.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-json-lines-'));
});

async function fileOf(text: string | Buffer): Promise<string> {
  const path = join(folder, `${Math.random()}.jsonl`);
  await writeFile(path, text);
  return path;
}

describe('readJsonLines', () => {
  it('numbers the lines', async () => {
    expect(await readJsonLines(await fileOf('{"a":1}\n2\n'))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, value: 2 },
    ]);
    expect(await readJsonLines(await fileOf(''))).toEqual([]);
  });

  it.each([
    ['a blank line', '1\n\n2\n', 2],
    ['a blank line alone', '\n', 1],
    ['a broken line', '1\n2\n{"a":\n', 3],
    ['a line that is cut off', '1\n2\n{"a":', 3],
    ['a trailing comma', '1,\n', 1],
    ['a byte order mark', '\uFEFF1\n', 1],
  ])('refuses %s with its line', async (_, text, line) => {
    await expect(readJsonLines(await fileOf(text))).rejects.toMatchObject({
      code: 'data/bad-json',
      message: expect.stringContaining(`:${line}:`) as unknown,
    });
  });

  it('names the byte of a fault behind many blocks', async () => {
    const line = `${JSON.stringify('é'.repeat(50_000))}\n`;
    const path = await fileOf(`${line.repeat(5)}oops\n`);
    await expect(readJsonLines(path)).rejects.toThrow(`:6:1 (byte ${Buffer.byteLength(line) * 5})`);
  });

  it('says which file is missing, or a folder', async () => {
    for (const path of [join(folder, 'none.jsonl'), folder])
      await expect(readJsonLines(path)).rejects.toMatchObject({ code: 'data/missing-file' });
  });
});

describe('streamJsonLines', () => {
  it('gives what splitting the whole text gives, wherever blocks end', async () => {
    // Separators that are ends of lines elsewhere, and lines shorter and longer than a block.
    const texts = fc
      .tuple(fc.constantFrom('a', 'é', '\u2028', '\r', '😀'), fc.nat(90_000))
      .map(([unit, count]) => unit.repeat(count));
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { maxLength: 12 }), fc.boolean(), async (values, isEnded) => {
        const text = values.map((value) => JSON.stringify(value)).join('\n') + (isEnded ? '\n' : '');
        if (text === '\n') return;
        const found: unknown[] = [];
        for await (const each of streamJsonLines(await fileOf(text))) found.push(each);
        expect(found).toEqual(values.map((value, i) => ({ line: i + 1, value })));
      }),
      { numRuns: 25 },
    );
  });

  it('gives the lines before a fault', async () => {
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { line } of streamJsonLines(await fileOf('1\n2\nx\n4\n'))) seen.push(line);
    };
    await expect(read()).rejects.toMatchObject({ code: 'data/bad-json' });
    expect(seen).toEqual([1, 2]);
  });
});
