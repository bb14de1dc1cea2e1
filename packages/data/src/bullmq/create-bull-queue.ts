import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobsOptions, Queue, QueueEvents } from 'bullmq';
import { FgamError } from '../error.js';
import { BUILT, isBuilt } from '../shard-attempt.js';
import { JOBS_FOLDER, shardJobFolder, shardJobId } from '../shard-job.js';
import { jobSamplesFile, writeJobSamples } from '../shard-job-samples.js';
import type { ShardQueue } from '../shard-queue.js';
import { writeAtomic } from '../write-atomic.js';
import { faultInWords } from './dead-letters.js';
import { openClients } from './open-clients.js';
import { checkRedis, type QueuePlace, queueName } from './redis-place.js';
import { type ShardMessage, shardMessageOf } from './shard-message.js';
import { within } from './within.js';

/** How a queue stands. */
export interface QueueState {
  /** Jobs that no worker has, those that wait for their next attempt too. */
  readonly waiting: number;
  /** Jobs that workers have. */
  readonly active: number;
  /** Jobs given up. */
  readonly dead: number;
  /** Workers that are connected. */
  readonly workers: number;
  /** Samples that workers have written of the shards they are at. */
  readonly samples: number;
}

/** Options of `createBullQueue`. */
export interface BullQueueOptions extends QueuePlace {
  /** Times that a shard is tried before it is given up, with pauses of 1, 2, 4... seconds. Default 3. */
  readonly attempts?: number;
  /** Milliseconds between two looks at what events may have missed. Default 5,000. */
  readonly interval?: number;
  /** Called at each look. */
  readonly onState?: (state: QueueState) => void;
  /** Told of errors that it outlives, such as a server that is away. */
  readonly onTrouble?: (error: Error) => void;
}

/** A job that the coordinator waits for. */
interface Outstanding {
  readonly message: ShardMessage;
  readonly done: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue on Redis by BullMQ, for `buildShards`: jobs are done by workers (`workShards`, `fgam data work`) on hosts that share the
 * folder and the images. Jobs outlive the coordinator: the same build, started again, waits for those under way.
 *
 * What is built is told by the folder; Redis may lose everything, and its jobs are then handed out again.
 *
 * @throws FgamError `data/no-redis` where there is no server; `data/bad-config`
 * @example
 * ```ts no-run
 * import { buildShards, streamCoco } from '@fgam/data';
 * import { createBullQueue } from '@fgam/data/bullmq';
 * const out = '/shared/shards';
 * const queue = await createBullQueue({ redis: 'redis://queue-host:6379/0', out });
 * try {
 *   const { samples, skipped } = await streamCoco({ instances: '/shared/instances.json', images: '/shared/images' });
 *   await buildShards({ samples, skipped, out, queue });
 * } finally {
 *   await queue.close();
 * }
 * ```
 */
export async function createBullQueue(
  options: BullQueueOptions,
): Promise<ShardQueue & { readonly close: () => Promise<void> }> {
  const { out, attempts = 3, interval = 5000, onState, onTrouble } = options;
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new FgamError('data/bad-config', `createBullQueue: expected attempts to be >= 1, got ${attempts}`);
  const name = queueName(options);
  await checkRedis(options);
  const clients = openClients(options);
  const queue = new Queue<ShardMessage>(name, { connection: clients.open(), skipMetasUpdate: true });
  const events = new QueueEvents(name, { connection: clients.open() });
  const outstanding = new Map<string, Outstanding>();
  const samples = new Map<string, number>();
  const trouble = (error: Error): void => onTrouble?.(error);
  queue.on('error', trouble);
  events.on('error', trouble);

  const optionsOf = (jobId: string): JobsOptions => ({
    jobId,
    attempts,
    backoff: { type: 'exponential', delay: 1000 },
    removeOnComplete: true,
    stackTraceLimit: 1,
  });
  const settle = async (id: string): Promise<boolean> => {
    const job = outstanding.get(id);
    if (job === undefined || !(await isBuilt(job.done))) return false;
    outstanding.delete(id);
    job.resolve();
    return true;
  };
  const giveUp = async (id: string, reason: string | undefined): Promise<void> => {
    if (await settle(id)) return;
    const job = outstanding.get(id);
    outstanding.delete(id);
    job?.reject(new FgamError('data/dead-letter', `${job.message.name}: ${faultInWords(reason)}`));
  };
  /** Events are a hint: this finds what they missed, and jobs that Redis has lost. */
  const look = async (): Promise<void> => {
    for (const id of [...outstanding.keys()]) await settle(id);
    for (const job of await queue.getFailed())
      if (job.id !== undefined && outstanding.has(job.id)) await giveUp(job.id, job.failedReason);
    const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
    const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts;
    if (wait + active + delayed < outstanding.size)
      // Those that are there are left as they are.
      await queue.addBulk(
        [...outstanding].map(([id, { message }]) => ({
          name: message.name,
          data: message,
          opts: optionsOf(id),
        })),
      );
    if (!onState) return;
    const workers = await queue.getWorkersCount();
    const written = [...samples].reduce((sum, [id, count]) => sum + (outstanding.has(id) ? count : 0), 0);
    onState({ waiting: wait + delayed, active, dead: failed, workers, samples: written });
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look()
      .catch(trouble)
      .finally(() => (looking = undefined));
  }, interval);
  events.on('completed', ({ jobId }) => void settle(jobId).catch(trouble));
  events.on('failed', ({ jobId, failedReason }) => void giveUp(jobId, failedReason).catch(trouble));
  events.on('progress', ({ jobId, data }) => {
    if (typeof data === 'number') samples.set(jobId, data);
  });

  let begun: Promise<void> | undefined;
  /** What the queue holds of a build that is over (its folder of jobs is gone) would lead workers to nothing. */
  const begin = async (): Promise<void> => {
    await events.waitUntilReady();
    const marker = join(out, JOBS_FOLDER, 'queue');
    if (!(await isThere(marker))) {
      await queue.obliterate({ force: true });
      await writeAtomic(marker, `${name}\n`);
    }
    await queue.resume(); // A coordinator that died while it cleared the queue left it paused.
  };
  const take = async (id: string, { message }: Outstanding): Promise<void> => {
    const before = await queue.getJob(id);
    if (before && (await before.isFailed())) await before.remove();
    await queue.add(message.name, message, optionsOf(id));
  };
  const watched = new WeakSet<AbortSignal>();
  const watch = (signal: AbortSignal): void => {
    signal.throwIfAborted();
    if (watched.has(signal)) return;
    watched.add(signal);
    signal.addEventListener('abort', () => {
      for (const { reject } of outstanding.values()) reject(signal.reason);
      outstanding.clear();
    });
  };

  return {
    async add(job, signal) {
      watch(signal);
      const folder = shardJobFolder(out, job);
      if (!(await isThere(jobSamplesFile(folder)))) await writeJobSamples({ ...job, out });
      const message = shardMessageOf(job);
      const id = shardJobId(job);
      const built = new Promise<void>((resolve, reject) => {
        outstanding.set(id, { message, done: join(folder, BUILT.folder), resolve, reject });
      });
      built.catch(() => undefined); // Thrown where its turn comes.
      const waited = outstanding.get(id);
      // A server that is away holds commands back; an interrupted build does not wait for it.
      if (waited) await Promise.race([built, (begun ??= begin()).then(() => take(id, waited))]);
      return { built };
    },
    async finish() {
      if (!(await within(5000, queue.obliterate({ force: true })).catch(trouble)))
        trouble(new Error('the queue could not be cleared; the next build does it'));
    },
    async close() {
      clearInterval(timer);
      const closed = Promise.all([queue.close(), events.close()]);
      await within(3000, closed).catch(trouble);
      clients.end();
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Not there: to be written.
    return false;
  }
}
