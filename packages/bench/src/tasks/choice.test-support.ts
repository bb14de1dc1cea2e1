import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@fgam/data';
import { expect, onTestFinished } from 'vitest';
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

/** A temporary folder with files, until the test is over; one whose content is no text is written as JSON. */
export async function writeFiles(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await temporaryFolder();
  fill(folder, files);
  return folder;
}

/**
 * One temporary folder for many sets of files, one after the other: each call removes those of the last one.
 * Thousands of folders would take longer to make and remove than their scores to compute.
 */
export async function createRefilledFolder(): Promise<(files: Readonly<Record<string, unknown>>) => string> {
  const folder = await temporaryFolder();
  let last: readonly string[] = [];
  return (files) => {
    for (const name of last) rmSync(join(folder, name));
    last = Object.keys(files);
    fill(folder, files);
    return folder;
  };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-benchmark-'));
  // `npm run docs:benchmarks` is no test.
  if (process.env['VITEST'] !== undefined) onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function fill(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
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
