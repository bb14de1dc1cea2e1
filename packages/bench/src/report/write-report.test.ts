import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFgamError } from '@fgam/data';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyReport, sampleReport } from './sample-report.test-support.js';
import { readReport, writeReport } from './write-report.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-report-'));
});
afterEach(() => rm(folder, { recursive: true }));

const report = await sampleReport({ images: 6 });
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'none',
    (error: unknown) => (isFgamError(error) ? error.code : String(error)),
  );

test('what is written is read back, from a folder that was not there', async () => {
  const out = join(folder, 'new', 'report');
  const paths = await writeReport(out, report);
  expect(paths).toEqual({ json: join(out, 'report.json'), html: join(out, 'report.html') });
  expect(await readReport(paths.json)).toEqual(report);
  expect(await readFile(paths.html, 'utf8')).toContain(`<h1>${report.title}</h1>`);
  expect((await readdir(out)).sort()).toEqual(['report.html', 'report.json']);
});

test('an image file is embedded, by its bytes and not by its name', async () => {
  const [example] = report.examples;
  if (!example) throw new Error('no example');
  const image = join(folder, 'named-wrong.jpg');
  await writeFile(image, Buffer.from(example.image.split(',')[1] ?? '', 'base64'));
  const { json, html } = await writeReport(folder, { ...emptyReport, examples: [{ ...example, image }] });
  await rm(image);
  const read = await readReport(json);
  expect(read.examples[0]?.image).toBe(example.image);
  expect(await readFile(html, 'utf8')).toContain(`src="${example.image}"`);
});

test('names every image that can not be shown, and writes nothing', async () => {
  const [example] = report.examples;
  if (!example) throw new Error('no example');
  const text = join(folder, 'text.png');
  await writeFile(text, '<svg onload="alert(1)"/>');
  const cut = `${example.image.slice(0, 60)}==`;
  const images = [text, join(folder, 'absent.png'), 'https://example.org/a.png', example.image, cut];
  const written = writeReport(join(folder, 'out'), {
    ...emptyReport,
    examples: images.map((image) => ({ ...example, image })),
  });
  await expect(written).rejects.toThrow(
    /examples\.0\.image: .*text\.png.*examples\.1\.image: .*absent\.png.*examples\.2\.image: .*https.*examples\.4\.image/s,
  );
  await expect(written).rejects.not.toThrow(/examples\.3/);
  expect(await readdir(folder)).toEqual(['text.png']);
});

test('NaN is refused, never written as null', async () => {
  const metrics = { 'spatial.accuracy': { value: Number.NaN, n: 1, interval: null } };
  const variants = [{ name: 'a', description: '', steps: 1, metrics }];
  expect(await codeOf(writeReport(folder, { ...emptyReport, variants }))).toBe('bench/bad-report');
  expect(await readdir(folder)).toEqual([]);
});

test('tells what is wrong with a folder or a file', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '{"title": 1}');
  expect(await codeOf(writeReport(join(file, 'report'), emptyReport))).toBe('data/not-writable');
  expect(await codeOf(readReport(join(folder, 'absent.json')))).toBe('data/missing-file');
  await expect(readReport(file)).rejects.toThrow(/readReport: expected a report in .*file, got title: /);
  await writeFile(file, '{"title"');
  expect(await codeOf(readReport(file))).toBe('data/bad-json');
});
