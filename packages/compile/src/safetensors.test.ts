import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, readStoredTensors, writeSafetensors } from './safetensors.js';
import type { Weights } from './tensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes a file of the official layout: header length, JSON, data. */
async function file(
  header: unknown,
  data: Uint8Array | readonly number[],
  declared?: number,
): Promise<string> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(declared ?? text.length));
  const path = join(folder, `${crypto.randomUUID()}.safetensors`);
  await writeFile(path, Buffer.concat([length, text, Buffer.from(data)]));
  return path;
}

const weights: Weights = {
  'layer.weight': { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, -2, 0.5, 1 / 3, 1e-3, 70000) },
  'layer.bias': { shape: [2], dtype: 'float32', data: Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY) },
  scale: { shape: [], dtype: 'float32', data: Float32Array.of(7) },
  ids: { shape: [3], dtype: 'int32', data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  // One byte: what follows it in the file is not aligned.
  flag: { shape: [1], dtype: 'bool', data: Uint8Array.of(1) },
  empty: { shape: [0, 4], dtype: 'float32', data: new Float32Array(0) },
};

describe('writeSafetensors', () => {
  test('writes what readSafetensors reads, bit for bit, with its texts', async () => {
    const path = join(folder, 'round-trip.safetensors');
    await writeSafetensors(path, weights, { metadata: { format: 'pt', step: '12', name: 'größe' } });
    const read = await readSafetensors(path);
    expect(read.weights).toEqual(weights);
    expect(read.metadata).toEqual({ format: 'pt', step: '12', name: 'größe' });
  });

  test('keeps what half precision holds in F16', async () => {
    const path = join(folder, 'half.safetensors');
    await writeSafetensors(path, weights, { dtype: 'F16' });
    const read = await readSafetensors(path);
    // 1/3 and 1/1000 to 11 bits; 70000 is beyond the largest half.
    expect(read.weights['layer.weight']?.data).toEqual(
      Float32Array.of(1, -2, 0.5, 1365 / 4096, 1049 / 2 ** 20, Number.POSITIVE_INFINITY),
    );
    expect(read.weights['layer.bias']).toEqual(weights['layer.bias']);
    expect(read.weights['ids']).toEqual(weights['ids']);
    expect(read.metadata).toEqual({});
  });

  test('gives the same bytes for the same tensors in any order, aligned to 8', async () => {
    const [a, b] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')];
    await writeSafetensors(a, weights);
    await writeSafetensors(b, Object.fromEntries(Object.entries(weights).reverse()));
    const bytes = await readFile(a);
    expect((await readFile(b)).equals(bytes)).toBe(true);
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
  });

  test('refuses a tensor that is called as the texts are', async () => {
    const named = { ['__metadata__']: weights['scale'] as never };
    await expect(writeSafetensors(join(folder, 'texts.safetensors'), named)).rejects.toMatchObject({
      code: 'compile/bad-safetensors',
      message: expect.stringContaining('another name than __metadata__') as string,
    });
  });

  test('replaces a file whole, and leaves it and nothing else where it fails', async () => {
    const place = await mkdtemp(join(folder, 'atomic-'));
    const path = join(place, 'w.safetensors');
    await writeSafetensors(path, { a: weights['ids'] as never });
    await writeSafetensors(path, { b: weights['scale'] as never });
    expect(Object.keys((await readSafetensors(path)).weights)).toEqual(['b']);
    const wrong = { a: { shape: [3], dtype: 'float32', data: Float32Array.of(1) } } as const;
    await expect(writeSafetensors(path, wrong)).rejects.toMatchObject({
      code: 'compile/bad-safetensors',
      message: expect.stringContaining('expected 3 elements for [3], got 1') as string,
    });
    // A folder can't be replaced by a file: the rename fails after everything was written.
    await expect(writeSafetensors(place, { a: weights['ids'] as never })).rejects.toThrow();
    expect(await readdir(place)).toEqual(['w.safetensors']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(Object.keys((await readSafetensors(path)).weights)).toEqual(['b']);
  });
});

describe('readSafetensors', () => {
  test('reads F16 and BF16 as float32', async () => {
    const header = {
      half: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      brain: { dtype: 'BF16', shape: [2], data_offsets: [4, 8] },
    };
    const path = await file(header, [0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0x40, 0xc0]);
    expect((await readSafetensors(path)).weights).toEqual({
      half: { shape: [2], dtype: 'float32', data: Float32Array.of(1, -2) },
      brain: { shape: [2], dtype: 'float32', data: Float32Array.of(1, -3) },
    });
  });

  const entry = (begin: number, end: number, shape = [1], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  test.each<[string, unknown, number, RegExp]>([
    ['data that is cut off', { a: entry(0, 8, [2]) }, 4, /a: ends at byte 8 of 4; the file is truncated/],
    ['overlapping tensors', { a: entry(0, 4), b: entry(2, 6) }, 6, /a and b overlap/],
    ['a size that disagrees', { a: entry(0, 4, [2]) }, 4, /a: expected 8 bytes for \[2\], got 4/],
    ['offsets that run backwards', { a: entry(4, 0) }, 4, /a: expected 4 bytes for \[1\], got -4/],
    ['a type that is not read', { a: entry(0, 8, [1], 'F64') }, 8, /a: type F64 is not read/],
    [
      'a type that is a word of the language',
      { a: entry(0, 8, [1], 'toString') },
      8,
      /type toString is not read/,
    ],
    ['a negative length', { a: entry(0, 4, [-1]) }, 4, /a: expected a shape and two offsets/],
    ['one offset', { a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4, /a: expected a shape and two/],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, 4, /a: expected a shape and two/],
    ['an entry that is no record', { a: null }, 4, /a: expected a record/],
    ['texts that are no texts', { __metadata__: { step: 3 } }, 0, /__metadata__: expected texts/],
    ['bad JSON', '{"a": ', 4, /the header is not JSON/],
    ['a list as header', [], 4, /the header is not an object/],
  ])('refuses %s', async (_name, header, bytes, message) => {
    const path = await file(header, new Uint8Array(bytes));
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: 'compile/bad-safetensors',
      message: expect.stringMatching(message) as string,
    });
  });

  test('names every fault and the file at once', async () => {
    const path = await file({ a: entry(0, 4, [3]), b: entry(4, 8, [1], 'Q8') }, new Uint8Array(8));
    const error = (await readSafetensors(path).catch((caught: unknown) => caught)) as Error;
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/a: expected 12 bytes.*b: type Q8/);
  });

  test('refuses a file that is shorter than its header, or than any header', async () => {
    await expect(readSafetensors(await file('{}', [], 1000))).rejects.toThrow(
      /expected a header of 1000 bytes/,
    );
    await expect(readSafetensors(await file('{}', [], 2 ** 40))).rejects.toThrow(
      /truncated or not safetensors/,
    );
    const path = join(folder, 'short');
    await writeFile(path, 'abc');
    await expect(readSafetensors(path)).rejects.toThrow(/expected at least 8 bytes, got 3/);
  });

  test('reads some of its tensors, whatever types the others are of', async () => {
    const entries = { a: entry(0, 4, [1]), ids: entry(4, 12, [1], 'I64'), h: entry(12, 14, [1], 'F16') };
    const path = await file(entries, [0, 0, 128, 63, ...new Uint8Array(8), 0, 60]);
    const isRead = (name: string) => name !== 'ids';
    const { weights: read } = await readSafetensors(path, { isRead });
    expect(Object.entries(read).map(([name, { data }]) => [name, [...data]])).toEqual([
      ['a', [1]],
      ['h', [1]],
    ]);
    expect(await readStoredTensors(path, { isRead })).toEqual({
      a: { shape: [1], dtype: 'F32', begin: expect.any(Number) as number, end: expect.any(Number) as number },
      h: { shape: [1], dtype: 'F16', begin: expect.any(Number) as number, end: expect.any(Number) as number },
    });
    await expect(readStoredTensors(path)).rejects.toThrow(/ids: type I64 is not read/);
  });
});
