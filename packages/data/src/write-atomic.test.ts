import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FgamError } from './error.js';
import { writeAtomic } from './write-atomic.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-write-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('makes the folders above and leaves no temporary file', async () => {
  const path = join(folder, 'a', 'b.txt');
  await writeAtomic(path, 'text');
  await writeAtomic(path, 'another');
  expect(await readFile(path, 'utf8')).toBe('another');
  expect(await readdir(join(folder, 'a'))).toEqual(['b.txt']);
});

test('leaves the old file as it was where writing fails half way', async () => {
  const path = join(folder, 'b.txt');
  await writeAtomic(path, 'old');
  const half = async (temporary: string): Promise<void> => {
    await writeFile(temporary, 'half of the n');
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  await expect(writeAtomic(path, half)).rejects.toMatchObject({ code: 'data/not-writable' });
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['b.txt']);
});

test.each([
  ['an abort', AbortSignal.abort().reason],
  ['an abort of Node', Object.assign(new Error('aborted'), { name: 'AbortError', code: 'ABORT_ERR' })],
  ['a program fault', new TypeError('x is undefined')],
  ['a wrong argument', Object.assign(new TypeError('wrong'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ['an error of this package', new FgamError('data/bad-record', 'bad')],
])('throws %s as it is, and leaves no temporary file', async (_, fault: unknown) => {
  const path = join(folder, 'b.txt');
  const half = async (temporary: string): Promise<void> => {
    await writeFile(temporary, 'half');
    throw fault;
  };
  await expect(writeAtomic(path, half)).rejects.toBe(fault);
  expect(await readdir(folder)).toEqual([]);
});

test('says where it can not write', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(writeAtomic(join(folder, 'file', 'b.txt'), '')).rejects.toThrow(
    /file.*expected to write here/,
  );
});
