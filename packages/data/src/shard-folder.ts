import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError, isFgamError } from './error.js';
import { hashFile } from './hash-file.js';
import { readTextIfThere } from './json.js';
import { makeFolder } from './make-folder.js';
import { openParquet } from './parquet-file.js';
import { SHARD_INDEX_COLUMNS } from './shard-index-row.js';
import { JOBS_FOLDER } from './shard-job.js';
import {
  readShardManifest,
  readShardRecord,
  type ShardEntry,
  type ShardManifest,
  type ShardRecord,
} from './shard-manifest.js';
import { notWritable, removeFile, writeAtomic } from './write-atomic.js';
import { SHARD_INDEX } from './write-shard-index.js';

/**
 * Makes the folder, or looks whether what it holds was built with the same options.
 *
 * @throws FgamError `data/not-writable`; `data/bad-config` for other options without `overwrite`
 */
export async function prepareShardFolder(
  out: string,
  settings: ShardManifest['options'],
  overwrite: boolean,
) {
  let names: string[];
  try {
    await makeFolder(out);
    names = await readdir(out);
  } catch (error) {
    throw notWritable(out, error);
  }
  if (overwrite || !names.includes('manifest.json')) return;
  const { options } = await readShardManifest(out);
  if (JSON.stringify(options) !== JSON.stringify(settings))
    throw new FgamError(
      'data/bad-config',
      `buildShards: expected a new folder or the options of the shards in ${out} (${JSON.stringify(options)}), ` +
        `got ${JSON.stringify(settings)}; choose another folder or set overwrite`,
    );
}

function manifestText(manifest: ShardManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Whether this very manifest is there. */
export async function hasManifest(out: string, manifest: ShardManifest): Promise<boolean> {
  return (await readTextIfThere(join(out, 'manifest.json'))) === manifestText(manifest);
}

/** Writes the manifest, by which the folder is whole. @throws FgamError `data/not-writable` */
export async function writeManifest(out: string, manifest: ShardManifest): Promise<void> {
  await writeAtomic(join(out, 'manifest.json'), manifestText(manifest));
}

/** Says that the folder is not whole. @throws FgamError `data/not-writable` */
export async function removeManifest(out: string): Promise<void> {
  await removeFile(join(out, 'manifest.json'));
}

/**
 * SHA-256 of the index of regions, where it is that of these shards and has the columns of today. A manifest
 * is removed as soon as one of its shards is built again.
 */
export async function readKeptIndex(out: string, shards: readonly ShardEntry[]): Promise<string | undefined> {
  const path = join(out, SHARD_INDEX);
  try {
    const manifest = await readShardManifest(out);
    if (JSON.stringify(manifest.shards) !== JSON.stringify(shards)) return undefined;
    const { sha256 } = await hashFile(path);
    if (sha256 !== manifest.files[SHARD_INDEX]) return undefined;
    const { columns } = await openParquet('buildShards', path);
    return columns.join() === SHARD_INDEX_COLUMNS.map(({ name }) => name).join() ? sha256 : undefined;
  } catch (error) {
    // No manifest, a broken one, or no index: it is written anew.
    if (isFgamError(error) || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/**
 * Removes what a build alone needed: jobs, rows of the index, and files that one that was killed
 * did not write to their end.
 * @throws FgamError `data/not-writable`
 */
export async function removeWorkFiles(out: string): Promise<void> {
  try {
    // A worker that is late may still write there while it is emptied.
    await rm(join(out, JOBS_FOLDER), { recursive: true, force: true, maxRetries: 10 });
  } catch (error) {
    throw notWritable(join(out, JOBS_FOLDER), error);
  }
  for (const file of await readdir(out))
    if (/\.(?:rows\.json|[0-9a-f-]{36}\.partial)$/.test(file)) await removeFile(join(out, file));
}

/** The record beside a finished shard, if it was made from the same and its tar has the recorded size. */
export async function readKeptRecord(
  out: string,
  name: string,
  fingerprint: string,
): Promise<ShardRecord | undefined> {
  try {
    const record = await readShardRecord(join(out, `${name}.json`));
    if (record?.fingerprint !== fingerprint) return undefined;
    const { size } = await stat(join(out, `${name}.tar`));
    return size === record.entry.bytes ? record : undefined;
  } catch (error) {
    if (isFgamError(error) || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/**
 * Removes shards of a former, longer build; no manifest that lists them may be there.
 * @throws FgamError `data/not-writable`
 */
export async function removeStaleShards(out: string, names: ReadonlySet<string>): Promise<void> {
  for (const file of await readdir(out)) {
    const name = /^((?:train|validation)-\d{5,})\.(?:tar|json|rows\.json)$/.exec(file)?.[1];
    if (name !== undefined && !names.has(name)) await removeFile(join(out, file));
  }
}
