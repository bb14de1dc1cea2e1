import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { once, recordHash } from './once.js';

describe('once', () => {
  test('does the work once, and again when what it depends on differs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-once-'));
    let runs = 0;
    const work = async () => ({ value: ++runs });
    expect(await once(folder, 'step', { seed: 1, steps: 2 }, work)).toEqual({ value: 1 });
    expect(await once(folder, 'step', { steps: 2, seed: 1 }, work)).toEqual({ value: 1 });
    expect(await once(folder, 'step', { seed: 2, steps: 2 }, work)).toEqual({ value: 2 });
  });

  test('names a file that is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-once-'));
    await writeFile(join(folder, 'step.json'), '{"hash":');
    await expect(once(folder, 'step', {}, async () => 1)).rejects.toThrow(/step\.json.*remove it/);
  });

  test('keeps nothing of work that failed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-once-'));
    await expect(once(folder, 'step', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });
});

test('recordHash ignores the order of keys but not of items', () => {
  expect(recordHash({ a: 1, b: [1, 2] })).toBe(recordHash({ b: [1, 2], a: 1 }));
  expect(recordHash([1, 2])).not.toBe(recordHash([2, 1]));
});
