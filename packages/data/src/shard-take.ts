import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FgamError, isFgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';
import { makeFolder } from './make-folder.js';
import { verifyShard } from './read-shard.js';
import { BUILT } from './shard-attempt.js';
import { shardJobFolder, type ShardJobName } from './shard-job.js';
import { readShardRecord, type ShardRecord } from './shard-manifest.js';
import { shardRowsFile } from './shard-rows.js';
import { notWritable, removeFile, writeAtomic } from './write-atomic.js';

/**
 * Takes what a job has built to its place: rows, tar, and last the record, by which the shard is whole. A
 * build that ended between them goes on here. The job's record stays where it was until the build is over, so
 * that a worker that comes late sees that all is done.
 *
 * @returns undefined where the job's folder holds no shard; one that is not whole is removed
 * @throws FgamError `data/not-writable`
 */
export async function takeBuiltShard(out: string, job: ShardJobName): Promise<ShardRecord | undefined> {
  const done = join(shardJobFolder(out, job), BUILT.folder);
  const record = await recordOf(join(done, BUILT.record));
  if (record?.fingerprint !== job.fingerprint) return undefined;
  const tar = join(out, record.entry.name);
  const fresh = await sizeOf(join(done, BUILT.tar));
  const isWhole = fresh === undefined ? await isAsRecorded(tar, record) : fresh === record.entry.bytes;
  try {
    if (!isWhole) {
      await rm(done, { recursive: true });
      return undefined;
    }
    // The record of a former tar must not outlive it: by it an interrupted build would keep this one as that.
    await removeFile(join(out, `${job.name}.json`));
    await moveIfThere(join(done, BUILT.rows), shardRowsFile(out, job.name));
    await moveIfThere(join(done, BUILT.tar), tar);
  } catch (error) {
    throw isFgamError(error) ? error : notWritable(tar, error);
  }
  await writeAtomic(join(out, `${job.name}.json`), JSON.stringify(record));
  return record;
}

/** Makes the folder of a job that is to be built. @throws FgamError `data/not-writable` */
export async function makeJobFolder(out: string, job: ShardJobName): Promise<void> {
  const folder = shardJobFolder(out, job);
  try {
    await makeFolder(folder);
  } catch (error) {
    throw notWritable(folder, error);
  }
}

async function recordOf(path: string): Promise<ShardRecord | undefined> {
  try {
    return await readShardRecord(path);
  } catch (error) {
    if (isFgamError(error)) return undefined; // None, or none that can be read: to be built.
    throw error;
  }
}

async function isAsRecorded(tar: string, { entry }: ShardRecord): Promise<boolean> {
  try {
    await verifyShard(tar, entry);
    return true;
  } catch (error) {
    if (error instanceof FgamError) return false;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissingFile(error)) throw error;
  }
}
