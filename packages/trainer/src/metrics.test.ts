import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMetricsWindow, readMetrics } from './metrics.js';

test('a line is the mean of its updates, each part over those that have it', () => {
  const window = createMetricsWindow();
  window.add({ loss: 1, parts: { tokens: 1 }, gradientNorm: 2 }, 10);
  window.add({ loss: 3, parts: { tokens: 2, global: 5 }, gradientNorm: 4 }, 20);
  const { tokensPerSecond, ...means } = window.means();
  expect(means).toEqual({ loss: 2, parts: { tokens: 1.5, global: 5 }, gradientNorm: 3 });
  expect(tokensPerSecond).toBeGreaterThan(0);
  const after = createMetricsWindow(window.updates());
  after.add({ loss: 5, parts: {}, gradientNorm: 0 }, 0);
  expect(after.means()).toMatchObject({ loss: 3, parts: { tokens: 1.5, global: 5 }, tokensPerSecond: 0 });
});

test('a damaged line is told with its number; a last one that was cut is left out', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'fgam-metrics-')), 'metrics.jsonl');
  await writeFile(path, '{"step":1}\n{"step":2}\n{"st');
  expect((await readMetrics(path)).map(({ step }) => step)).toEqual([1, 2]);
  await writeFile(path, '{"step":1}\n{"step":\n{"step":3}\n');
  await expect(readMetrics(path)).rejects.toMatchObject({
    code: 'data/bad-json',
    message: expect.stringContaining(`${path}:2`) as string,
  });
});
