import { expect, test } from 'vitest';
import { BENCHMARKS, findBenchmark } from './find-benchmark.js';

test('finds benchmarks by name, alias and any spelling of them; each name is of one', () => {
  expect(findBenchmark('MM-Vet').name).toBe('mm-vet');
  expect(findBenchmark('mmvet').name).toBe('mm-vet');
  expect(findBenchmark('mmhal').name).toBe('mmhal-bench');
  expect(findBenchmark('refcoco+').name).toBe('refcoco');
  const names = BENCHMARKS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const task of BENCHMARKS) {
    expect(findBenchmark(task.name)).toBe(task);
    for (const alias of task.aliases ?? []) expect(findBenchmark(alias)).toBe(task);
  }
  expect(() => findBenchmark('other')).toThrow(
    expect.objectContaining({ code: 'bench/unknown-task' }) as Error,
  );
});
