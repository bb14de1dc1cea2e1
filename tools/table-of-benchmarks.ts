/**
 * Writes docs/benchmarks.md: every benchmark with its dialects, the golden cases that its tests hold it to, the official value of a real file where one is known,
 * and ours, scored now. A test of `@fgam/bench` fails where the page is another one.
 *
 *     npm run docs:benchmarks
 *
 * The real files are in `../shared/data`, or in the folder `data` of FGAM_SHARED; where one is missing, nothing is written.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BENCHMARK_HEAD, benchmarkRow } from '../packages/bench/src/tasks/benchmark-table.test-support.js';
import { BENCHMARKS } from '../packages/bench/src/tasks/find-benchmark.js';

const rows = await Promise.all(BENCHMARKS.map(benchmarkRow));
const missing = rows.filter((row) => row.includes(undefined)).map(([task]) => task ?? '');
if (missing.length > 0)
  throw new Error(`the shared data of ${missing.join(', ')} are missing; set FGAM_SHARED`);
const line = (cells: readonly (string | undefined)[]): string => `| ${cells.join(' | ')} |`;
const text = [
  '# The benchmarks and what they are held to',
  '',
  'Written by `npm run docs:benchmarks` from the list of tasks, the files of golden cases in `packages/bench/test-fixtures/` and the real files of',
  '`../shared/data`; a test fails where it is out of date. Golden cases have expected values of the official rule, written plainly in Python beside them',
  '(`generate-*.py`), or of pycocotools; those of a task with several dialects are held to each. The official value is n/a where no official result on public',
  'files is known. Dialects that begin with `fgam-` are this project’s own and do not compare with published numbers.',
  '',
  line(BENCHMARK_HEAD),
  line(BENCHMARK_HEAD.map(() => '---')),
  ...rows.map(line),
  '',
].join('\n');
await writeFile(fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url)), text);
