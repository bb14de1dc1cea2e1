import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@fgam/data';
import { expect } from 'vitest';
import type { BenchmarkScore } from './benchmark-task.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Cases of `test-fixtures`: the type is what the generator writes. */
export async function readCases<Cases>(task: string): Promise<Cases> {
  return JSON.parse(await readFile(here(`../../test-fixtures/${task}/cases.json`), 'utf8')) as Cases;
}

const shared = process.env['FGAM_SHARED'] ?? here('../../../../../shared');

/** A path in the shared data. */
export function sharedData(...path: readonly string[]): string {
  return join(shared, 'data', ...path);
}

/** Missing data is a named skip; a failure where everything is required. */
export function isAbsent(path: string): boolean {
  return !existsSync(path) && process.env['FGAM_REQUIRE_ALL'] !== '1';
}

/** A temporary folder with files; one whose content is no text is written as JSON. */
export async function writeFiles(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-benchmark-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** JSON Lines. */
export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Rows in another order. */
export function shuffled<Row>(rows: readonly Row[], seed: number): Row[] {
  const random = createRandom(`shuffled ${seed}`);
  return rows
    .map((row) => ({ row, at: random.float() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row);
}

/** Numbers of one object near those of another, to the last digits of a double. */
export function expectNumbers(
  got: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(wanted)) expect(got[name], name).toBeCloseTo(value, 9);
}

/** The mean of what questions are worth by a metric, of those that a test asks for. */
export function meanOfRows(
  { rows }: Pick<BenchmarkScore, 'rows'>,
  metric: string,
  isAsked: (id: string) => boolean = () => true,
): number {
  const values = (rows?.[metric] ?? []).flatMap(({ id, value }) => (isAsked(id) ? [value] : []));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
