import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FgamError } from './error.js';
import { type LaionRecord, readLaionRecord } from './laion-record.js';
import { isMissingFile } from './is-missing-file.js';
import { makeFolder } from './make-folder.js';
import { mapBounded } from './map-bounded.js';
import { type ReadWebDatasetOptions, readWebDataset, type WebDatasetSample } from './read-web-dataset.js';
import type { Skip } from './skips.js';
import { sha256 } from './sha256.js';
import { notWritable, writeAtomic } from './write-atomic.js';

/** Images that are written side by side. */
const LANES = 8;

/**
 * Takes the images of a tar out into a folder: `<first two digits>/<SHA-256>.<format>`, whole or not
 * at all, and last `tars/<name>-<digest>.json` with its samples and skips. A tar of the same size and
 * time is not read again as long as its images are there; of an interrupted one, images that are
 * there are not written again.
 */
export async function extractLaionTar(
  tar: string,
  folder: string,
  options: Omit<ReadWebDatasetOptions, 'tars' | 'onSkip'>,
): Promise<{ readonly record: LaionRecord; readonly reused: boolean }> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw notWritable(folder, error);
  }
  const { maxEntryBytes = null, captions = null, check = null } = options;
  const { size, mtimeMs } = await stat(tar).catch((error: unknown) => {
    throw new FgamError('data/missing-file', `readLaion: expected a tar at ${tar}, found none`, {
      cause: error,
    });
  });
  const made = sha256(JSON.stringify([1, basename(tar), size, mtimeMs, maxEntryBytes, captions, check]));
  const path = join(folder, 'tars', `${basename(tar)}-${made.slice(0, 16)}.json`);
  const kept = await readLaionRecord(path);
  if (kept && (await allThere(folder, kept))) return { record: kept, reused: true };

  const samples: LaionRecord['samples'] = [];
  const skipped: Skip[] = [];
  let waiting: WebDatasetSample[] = [];
  const flush = async () => {
    const written = await mapBounded(waiting, LANES, (sample) => writeImage(folder, sample));
    samples.push(...written);
    waiting = [];
  };
  for await (const sample of readWebDataset({
    ...options,
    tars: [tar],
    onSkip: (skip) => skipped.push(skip),
  })) {
    waiting.push(sample);
    if (waiting.length === LANES) await flush();
  }
  await flush();
  const record: LaionRecord = { format: 'fgam-laion-tar', version: 1, tar: basename(tar), samples, skipped };
  await writeAtomic(path, JSON.stringify(record));
  return { record, reused: false };
}

async function writeImage(folder: string, sample: WebDatasetSample): Promise<LaionRecord['samples'][number]> {
  const { id, image: content, extension, width, height, caption, metadata } = sample;
  const name = sha256(content);
  const image = `${name.slice(0, 2)}/${name}.${extension}`;
  const bytes = content.byteLength;
  if (!(await isThere(join(folder, image), bytes))) await writeAtomic(join(folder, image), content);
  return { id, image, bytes, width, height, ...(caption === undefined ? {} : { caption }), metadata };
}

async function allThere(folder: string, { samples }: LaionRecord): Promise<boolean> {
  const there = await mapBounded(samples, LANES, ({ image, bytes }) => isThere(join(folder, image), bytes));
  return there.every(Boolean);
}

async function isThere(path: string, bytes: number): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size === bytes;
  } catch (error) {
    if (isMissingFile(error)) return false;
    throw error;
  }
}
