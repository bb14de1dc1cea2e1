import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readTextIfThere } from '../json.js';
import { JOBS_FOLDER, shardJobId, type ShardJobName } from '../shard-job.js';
import { writeAtomic } from '../write-atomic.js';

/**
 * A random id in the folder of jobs, which tells its build from that of another folder of the same path, on
 * another host's disk: both have one queue by default.
 *
 * @returns undefined where this host sees none
 */
export async function readFolderId(out: string): Promise<string | undefined> {
  const text = await readTextIfThere(fileOf(out));
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

/** The id of a folder of jobs, made on first use. @throws FgamError `data/not-writable` */
export async function openFolderId(out: string): Promise<string> {
  const there = await readFolderId(out);
  if (there !== undefined) return there;
  const id = randomBytes(8).toString('hex');
  await writeAtomic(fileOf(out), `${id}\n`);
  return id;
}

/** Id of a job in the queue; a queue may have jobs of several folders. */
export function queuedJobId(job: ShardJobName, folderId: string): string {
  return `${shardJobId(job)}.${folderId}`;
}

/** Whether a job in the queue is of the folder with this id. */
export function isJobOf(jobId: string, folderId: string): boolean {
  return jobId.endsWith(`.${folderId}`);
}

/** What is wrong where a queue has jobs of another folder. */
export function othersInWords(queue: string): string {
  return (
    `the queue ${queue} has jobs of another folder than this host's, or of a build that is gone; they are left to others: ` +
    'give every folder a queue of its own (--queue-name, `name`)'
  );
}

function fileOf(out: string): string {
  return join(out, JOBS_FOLDER, 'queue');
}
