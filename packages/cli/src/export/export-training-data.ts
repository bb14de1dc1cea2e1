import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { countSkips, FgamError, SkipList, writeSkips } from '@fgam/data';
import type { ExportFormat } from '@fgam/rectifier';
import { removePartials } from '../commands/remove-partials.js';
import { skipsInWords } from '../commands/skips-in-words.js';
import { exportedFiles, type ExportDataOptions } from './exported-files.js';
import type { ExportSource } from './find-export-source.js';
import { createImageLayer, removeHalfLaid } from './image-layer.js';
import { removeStaleFiles, SKIPS_FILE } from './remove-stale-files.js';

/** What is exported, and where to. */
export interface ExportTrainingDataOptions extends Omit<ExportDataOptions, 'layer' | 'skips'> {
  readonly link: boolean;
  readonly maxSkips?: number;
}

/** What the command says. */
export interface ExportReport {
  readonly result: object;
  readonly text: string;
}

/** How an engine is told of the files; its images' paths begin in the folder. */
const HOW_TO: Readonly<Record<ExportFormat, (out: string, files: readonly string[]) => string>> = {
  llava: (out, [file = '']) => `LLaVA: --data_path ${join(out, file)} --image_folder ${out}`,
  'llama-factory': (out, files) =>
    `LLaMA-Factory: dataset_dir: ${out}, media_dir: ${out}, dataset: ${files
      .filter((file) => file !== 'dataset_info.json')
      .map((file) => file.replace('.json', ''))
      .join(' or ')}`,
  trl: (out, [file = '']) => `TRL, run in ${out}: load_dataset("json", data_files="${file}", split="train")`,
};

/**
 * Writes what an engine trains on, with the images beside it, and a list of what was left out where there is
 * some. Half-written files of a killed run go; so do an earlier export's files of this engine and name that are
 * not written now.
 *
 * @throws FgamError as `exportedFiles`; `data/bad-config` where the images of shards are to be
 * linked; `data/too-many-skips`
 */
export async function exportTrainingData(
  source: ExportSource,
  { out, link, maxSkips, ...options }: ExportTrainingDataOptions,
): Promise<ExportReport> {
  if (source.kind === 'shards' && link)
    throw new FgamError(
      'data/bad-config',
      'fgam export: expected no --link for shards, whose images are in tars; leave it out',
    );
  if ('folder' in source && (await realPath(out)) === (await realPath(source.folder)))
    throw new FgamError(
      'data/bad-config',
      `fgam export: expected --out to be another folder than ${source.folder}`,
    );
  await removePartials(out);
  await removeHalfLaid(out);
  const skips = new SkipList('fgam export', maxSkips);
  const layer = createImageLayer(out, { link });
  const { files, counts, leftOut } = await exportedFiles(source, { ...options, out, layer, skips });
  const hasSkips = skips.skips.length > 0;
  if (hasSkips) await writeSkips(join(out, SKIPS_FILE), skips.skips);
  await removeStaleFiles(out, { ...options, written: hasSkips ? [...files, SKIPS_FILE] : files });
  const inWords = (all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([what, count]) => `${count} ${what}`);
  const left = Object.entries(leftOut).map(([why, count]) => `${why} ${count}`);
  return {
    result: {
      ...{ out, source: source.kind, ...counts, imageFiles: layer.count, files },
      ...{ leftOut, skips: countSkips(skips.skips) },
    },
    text: [
      `${inWords(counts).join(', ')} in ${out}: ${files.join(', ')}, images (${layer.count})${skipsInWords(skips.skips)}`,
      ...(left.length > 0 ? [`left out: ${left.join(', ')}`] : []),
      HOW_TO[options.format](out, files),
    ].join('\n'),
  };
}

/** Without links; a folder that is not there yet by its path. */
async function realPath(folder: string): Promise<string> {
  return realpath(folder).catch(() => resolve(folder));
}
