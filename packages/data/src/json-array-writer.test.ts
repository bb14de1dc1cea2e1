import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JsonArrayWriter } from './json-array-writer.js';
import { readJsonArray } from './json-array.js';

it.each([
  ['none', []],
  ['values of every kind', [null, 1, 'a\u2028b\n"', { z: 1, a: [2] }, '\ud800']],
  ['more than a block', Array.from({ length: 3000 }, (_, i) => ({ i, text: 'x'.repeat(50) }))],
])('writes %s that are read again', async (_, values) => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-array-'));
  const path = join(folder, 'array.json');
  const file = await JsonArrayWriter.open(path);
  for (const value of values) await file.add(value);
  await file.finish();
  await file.close();
  const read: unknown[] = [];
  for await (const value of readJsonArray(path)) read.push(value);
  expect(read).toEqual(values);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(values);
  await rm(folder, { recursive: true });
});
