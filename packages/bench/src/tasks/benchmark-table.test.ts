import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BENCHMARK_HEAD, benchmarkRow } from './benchmark-table.test-support.js';
import { BENCHMARKS } from './find-benchmark.js';

const page = fileURLToPath(new URL('../../../../docs/benchmarks.md', import.meta.url));

it('docs/benchmarks.md is what the tasks and their files are (npm run docs:benchmarks writes it)', async () => {
  const lines = (await readFile(page, 'utf8')).split('\n').filter((line) => line.startsWith('|'));
  const [head, , ...rows] = lines.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  expect(head).toEqual(BENCHMARK_HEAD);
  expect(rows).toHaveLength(BENCHMARKS.length);
  for (const [place, task] of BENCHMARKS.entries()) {
    const row = await benchmarkRow(task);
    // Without the shared data nothing is scored here: the page's value stands.
    expect(rows[place]).toEqual(row.map((cell, column) => cell ?? rows[place]?.[column]));
    const [official, ours] = row.slice(-2);
    if (official !== 'n/a' && ours !== undefined) expect(ours).toBe(official);
  }
});
