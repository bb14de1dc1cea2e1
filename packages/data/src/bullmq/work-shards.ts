import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { DelayedError, type Job, WaitingError, Worker } from 'bullmq';
import { FgamError, isFgamError } from '../error.js';
import { maxImagePixels } from '../image-limit.js';
import { BUILT, buildShardJob, isBuilt } from '../shard-attempt.js';
import { shardJobFolder } from '../shard-job.js';
import { jobSamplesFile, readJobSamples } from '../shard-job-samples.js';
import { othersInWords, readFolderId } from './folder-id.js';
import { isThere } from './is-there.js';
import { openClients } from './open-clients.js';
import { checkRedis, type QueuePlace, queueName } from './redis-place.js';
import { folderIdOf, readShardMessage, type ShardMessage } from './shard-message.js';
import { within } from './within.js';

/** Options of `workShards`. */
export interface WorkShardsOptions extends QueuePlace {
  /** Shards at once. Default 1: one keeps the threads that decode images busy. */
  readonly concurrency?: number;
  /**
   * Milliseconds after which a job is handed to another worker where this one has died or is
   * cut off. Default 30,000.
   */
  readonly lease?: number;
  /** A shard is given up when it has lost its worker so many times. Default 5. */
  readonly losses?: number;
  /** Seconds without a job after which it ends. Default: it waits for jobs until `signal`. */
  readonly idle?: number;
  readonly signal?: AbortSignal;
  /** Called after each job; `fault` where it failed. */
  readonly onShard?: (done: { readonly shard: string; readonly fault?: string }) => void;
  /** Told of errors that it outlives, such as a server that is away. */
  readonly onTrouble?: (error: Error) => void;
}

/** What a worker has done. */
export interface WorkSummary {
  readonly built: number;
  readonly failed: number;
}

/** Milliseconds after which a job of another folder is looked at again, at most a quarter of the lease. */
const GIVEN_BACK = 1000;

/** Multiples of it for which a worker takes no job that has given the same one back before. */
const STANDING_BACK = 1.2;

/** Images of a job that are looked for where one is missing. */
const PROBED = 16;

/** Milliseconds for a folder of another host to be seen here. */
const PATIENCE = 3000;

/**
 * Builds shards for a coordinator (`buildShards` with `createBullQueue`) until `signal` or `idle` ends
 * it; a job under way is then given back. Whatever becomes of a worker, its shard is built whole,
 * once, by it or by another.
 *
 * @returns what it has done
 * @throws FgamError `data/no-redis`; `data/bad-config`; `data/missing-file` where this host does not see the
 * job's folder or any of its images: the job has failed once, and others take it
 * @example
 * ```ts no-run
 * import { workShards } from '@fgam/data/bullmq';
 *
 * const stop = new AbortController();
 * process.once('SIGTERM', () => stop.abort());
 * const place = { redis: 'redis://queue-host:6379/0', out: '/shared/shards' };
 * const { built } = await workShards({ ...place, idle: 60, signal: stop.signal });
 * console.log(`${built} shards`);
 * ```
 */
export async function workShards(options: WorkShardsOptions): Promise<WorkSummary> {
  const { out, concurrency = 1, lease = 30_000, losses = 5, idle, signal, onShard, onTrouble } = options;
  const name = queueName(options);
  const trouble = (error: Error): void => onTrouble?.(error);
  for (const [option, value] of Object.entries({ concurrency, lease, losses }))
    if (!Number.isInteger(value) || value < 1)
      throw new FgamError('data/bad-config', `workShards: expected ${option} to be >= 1, got ${value}`);
  await checkRedis(options);
  const stop = new AbortController();
  const counts = { built: 0, failed: 0 };
  let active = 0;
  let lastActive = Date.now();
  let fatal: Error | undefined;

  /** Jobs of other folders that this worker has given back since it stood back last. */
  const givenBack = new Set<string>();
  const away = Math.min(GIVEN_BACK, Math.ceil(lease / 4));
  let standing: NodeJS.Timeout | undefined;
  /** All workers wake when a job is back, and this one could be the first every time: it lets the others go first. */
  const standBack = (): void => {
    if (standing !== undefined) return;
    givenBack.clear();
    worker.pause(true).catch(trouble); // Jobs under way go on.
    standing = setTimeout(() => {
      standing = undefined;
      worker.resume().catch(trouble);
    }, away * STANDING_BACK);
  };
  const giveBack = async (job: Job<ShardMessage>, token?: string): Promise<void> => {
    if (!(await job.isActive())) return; // Its build was just over.
    trouble(new Error(othersInWords(name)));
    const id = job.id ?? '';
    if (givenBack.has(id)) standBack();
    else givenBack.add(id);
    await job.moveToDelayed(Date.now() + away, token);
    throw new DelayedError();
  };
  const work = async (job: Job<ShardMessage>, token?: string): Promise<void> => {
    if (await isOfOtherFolder(out, job)) return giveBack(job, token);
    active++;
    try {
      await buildJob(out, job, stop.signal);
      counts.built++;
      onShard?.({ shard: job.name });
    } catch (error) {
      if (stop.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      // The build is over, its jobs are gone with their folders: nothing failed.
      if (!(await job.isActive())) return;
      counts.failed++;
      onShard?.({ shard: job.name, fault: error instanceof Error ? error.message : String(error) });
      // What this host cannot see or do it will not see in the next job either.
      if (isFgamError(error) && (error.code === 'data/bad-config' || (await isBlind(error, out, job)))) {
        fatal ??= error;
        setImmediate(end);
      }
      throw error;
    } finally {
      active--;
      lastActive = Date.now();
    }
  };
  const clients = openClients(options);
  const worker = new Worker<ShardMessage>(name, work, {
    connection: clients.open(),
    concurrency,
    lockDuration: lease,
    stalledInterval: lease,
    maxStalledCount: losses - 1, // BullMQ gives up a job that has more.
    drainDelay: 1,
  });
  worker.on('error', trouble);
  let ended: Promise<void> | undefined;
  const end = (): void => {
    ended ??= (async () => {
      // Without a server nothing can be given back: the lease runs out.
      try {
        const closed = worker.close(clients.isAway());
        stop.abort();
        await within(PATIENCE, closed).catch(trouble);
      } finally {
        clients.end();
        leave();
      }
    })();
  };
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const timer = setInterval(() => {
    if (idle !== undefined && active === 0 && Date.now() - lastActive >= idle * 1000) end();
  }, 200);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    await left;
  } finally {
    clearInterval(timer);
    clearTimeout(standing);
    signal?.removeEventListener('abort', end);
  }
  if (fatal !== undefined) throw fatal;
  return counts;
}

/**
 * Whether a job is not of the build in this host's folder: of one on another host's own disk, say. One that
 * is not there at all is a fault.
 */
async function isOfOtherFolder(out: string, { data }: Job): Promise<boolean> {
  const theirs = folderIdOf(data);
  if (theirs === undefined) return false;
  try {
    const here = await readFolderId(out);
    if (here === undefined) await access(out);
    return here !== theirs;
  } catch {
    // Not to be seen, or read: the job says what is wrong.
    return false;
  }
}

async function buildJob(out: string, job: Job<ShardMessage>, signal: AbortSignal): Promise<void> {
  const message = readShardMessage(job.data);
  const { name, split, fingerprint, imageSize, base, maxPixels } = message;
  // Others would skip other images.
  if (maxPixels !== maxImagePixels())
    throw new FgamError(
      'data/bad-config',
      `workShards: expected a limit of ${maxPixels} pixels an image, as the build has it, got ${maxImagePixels()}; ` +
        'call limitImagePixels alike in the build and its workers',
    );
  const folder = shardJobFolder(out, message);
  if (!(await isSeen(folder, signal)))
    throw new FgamError(
      'data/missing-file',
      `workShards: expected the job ${folder}, found none; every host needs the shard folder of the build (on shared storage), ` +
        'and the images at the same paths',
    );
  let told = Date.now();
  const onSample = (done: number): void => {
    if (Date.now() - told < 1000) return;
    told = Date.now();
    job.updateProgress(done).catch(() => undefined); // A hint; the job may be another's by now.
  };
  const samples = readJobSamples(folder);
  await buildShardJob({ out, name, split, fingerprint, imageSize, samples, base, signal, onSample });
}

/**
 * Whether a fault says that this host does not see the job, or none of its first images; where it sees
 * some, others may be removed.
 */
async function isBlind(error: { readonly code: string }, out: string, job: Job): Promise<boolean> {
  if (error.code !== 'data/missing-file') return false;
  try {
    const message = readShardMessage(job.data);
    let probed = 0;
    for await (const { sample, seen } of readJobSamples(shardJobFolder(out, message))) {
      if (typeof seen === 'string') continue;
      if (await isThere(resolve(message.base, sample.image))) return false;
      if (++probed === PROBED) break;
    }
  } catch {
    // No job to be seen.
  }
  return true;
}

/** Whether the job is seen here; storage that hosts share may show it a little late. */
async function isSeen(folder: string, signal: AbortSignal): Promise<boolean> {
  for (let waited = 0; ; waited += 250) {
    if (await isBuilt(join(folder, BUILT.folder))) return true;
    if (await isThere(jobSamplesFile(folder))) return true;
    if (waited >= PATIENCE) return false; // Not to be seen yet, or at all.
    await sleep(250, undefined, { signal });
  }
}
