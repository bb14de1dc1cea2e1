import { join } from 'node:path';
import { readJson, writeAtomic } from '@fgam/data';
import { embedImages } from './embed-images.js';
import { renderHtml } from './render-html.js';
import { checkReport, parseReport, type Report } from './schema.js';

/**
 * Writes `report.json` and `report.html` into a folder, made if need be, each whole or not at all. Both hold
 * the examples' images themselves: neither needs another file.
 *
 * @returns the paths of the two files
 * @throws FgamError `bench/bad-report`, before anything is written; `data/not-writable`
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readReport, writeReport } from '@fgam/bench';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'report-'));
 * const empty = { provenance: {}, variants: [], curves: [], comparisons: [], examples: [] };
 * const { json } = await writeReport(folder, { title: 'Run', generatedAt: '2026-01-01', ...empty });
 * if ((await readReport(json)).title !== 'Run') throw new Error('not read back');
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<{ readonly json: string; readonly html: string }> {
  const whole = await embedImages(parseReport(report));
  const page = await renderHtml(whole);
  const paths = { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
  await writeAtomic(paths.json, `${JSON.stringify(whole, null, 2)}\n`);
  await writeAtomic(paths.html, page);
  return paths;
}

/**
 * Reads a `report.json`.
 *
 * @throws FgamError `data/missing-file`, `data/bad-json` (with line and column), `bench/bad-report` (names all faults)
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readReport } from '@fgam/bench';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'report-')), 'report.json');
 * const empty = { provenance: { seed: 7 }, variants: [], curves: [], comparisons: [], examples: [] };
 * await writeFile(path, JSON.stringify({ title: 'Run', generatedAt: '2026-01-01', ...empty }));
 * const report = await readReport(path);
 * if (report.title !== 'Run' || report.provenance['seed'] !== 7) throw new Error(report.title);
 * // All that is wrong is named.
 * await writeFile(path, JSON.stringify({ ...empty, curves: undefined }));
 * const fault = String(await readReport(path).catch(String));
 * if (!['title', 'generatedAt', 'curves'].every((name) => fault.includes(name))) throw new Error(fault);
 * ```
 */
export async function readReport(path: string): Promise<Report> {
  return checkReport(await readJson(path), `readReport: expected a report in ${path}`);
}
