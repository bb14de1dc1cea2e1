import { join } from 'node:path';
import { type JobsOptions, Queue, QueueEvents } from 'bullmq';
import { FgamError } from '../error.js';
import { BUILT, isBuilt } from '../shard-attempt.js';
import { shardJobFolder } from '../shard-job.js';
import { jobSamplesFile, writeJobSamples } from '../shard-job-samples.js';
import type { ShardQueue } from '../shard-queue.js';
import { faultInWords } from './dead-letters.js';
import { isJobOf, openFolderId, othersInWords, queuedJobId, readFolderId } from './folder-id.js';
import { isThere } from './is-there.js';
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

/** States of a job that no worker has. */
const WAITING = ['wait', 'prioritized', 'delayed'] as const;

/** A job that the coordinator waits for. */
interface Outstanding {
  readonly message: ShardMessage;
  readonly done: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue on Redis by BullMQ, for `buildShards`: jobs are done by workers (`workShards`, `fgam data work`) on
 * hosts that share the folder and the images. Jobs outlive the coordinator: the same build, started again,
 * waits for those under way.
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
  /** All jobs of this build that are added, those that are built or given up too. */
  const planned = new Set<string>();
  let folderId: Promise<string> | undefined;
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
    samples.delete(id);
    job.resolve();
    return true;
  };
  const giveUp = async (id: string, reason: string | undefined): Promise<void> => {
    if (await settle(id)) return;
    const job = outstanding.get(id);
    outstanding.delete(id);
    samples.delete(id);
    job?.reject(new FgamError('data/dead-letter', `${job.message.name}: ${faultInWords(reason)}`));
  };
  /** The jobs of this folder, by id, and how many the queue has of others. */
  const inQueue = async (folderId: string) => {
    const [waiting, active, failed] = await Promise.all(
      [WAITING, ['active'] as const, ['failed'] as const].map((types) => queue.getRanges([...types], 0, -1)),
    );
    const all = { waiting: waiting ?? [], active: active ?? [], failed: failed ?? [] };
    const own = (ids: string[]): string[] => ids.filter((id) => isJobOf(id, folderId));
    const mine = { waiting: own(all.waiting), active: own(all.active), failed: own(all.failed) };
    const sum = ({ waiting, active, failed }: typeof all): number =>
      waiting.length + active.length + failed.length;
    return { ...mine, others: sum(all) - sum(mine) };
  };
  /**
   * Events are a hint: this finds what they missed, jobs that Redis has lost, and those
   * that a former plan has left.
   */
  const look = async (): Promise<void> => {
    if (folderId === undefined) return;
    for (const id of [...outstanding.keys()]) await settle(id);
    const { waiting, active, failed, others } = await inQueue(await folderId);
    for (const id of failed)
      if (outstanding.has(id)) await giveUp(id, (await queue.getJob(id))?.failedReason);
    await removeUnplanned([...waiting, ...failed]);
    const there = new Set([...waiting, ...active]);
    const lost = [...outstanding].filter(([id]) => !there.has(id));
    if (lost.length > 0)
      // Those that have come back since are left as they are.
      await queue.addBulk(
        lost.map(([id, { message }]) => ({ name: message.name, data: message, opts: optionsOf(id) })),
      );
    if (others > 0) trouble(new Error(othersInWords(name)));
    if (!onState) return;
    const workers = await queue.getWorkersCount();
    const written = [...samples].reduce((sum, [id, count]) => sum + (outstanding.has(id) ? count : 0), 0);
    onState({
      ...{ waiting: waiting.length, active: active.length, dead: failed.length },
      ...{ workers, samples: written },
    });
  };
  /** A worker may have begun one of them: it is then left to it. */
  const removeUnplanned = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) if (!planned.has(id)) await queue.remove(id).catch(trouble);
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
  /**
   * What a former plan has left would be built first; the jobs of this one are added as they are
   * cut, those under way go on.
   */
  const begin = async (folderId: string): Promise<void> => {
    await events.waitUntilReady();
    const { waiting, failed } = await inQueue(folderId);
    await removeUnplanned([...waiting, ...failed]);
    await queue.resume(); // A coordinator that died while it cleared the queue left it paused.
  };
  /** Nothing of this folder needs to be kept; the jobs of another one are its own. */
  const clear = async (folderId: string): Promise<void> => {
    const { waiting, failed, others } = await inQueue(folderId);
    planned.clear();
    if (others === 0) await queue.obliterate({ force: true });
    else await removeUnplanned([...waiting, ...failed]);
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
      const ofFolder = await (folderId ??= openFolderId(out));
      const message = shardMessageOf(job, ofFolder);
      const id = queuedJobId(job, ofFolder);
      planned.add(id);
      const built = new Promise<void>((resolve, reject) => {
        outstanding.set(id, { message, done: join(folder, BUILT.folder), resolve, reject });
      });
      built.catch(() => undefined); // Thrown where its turn comes.
      const waited = outstanding.get(id);
      // A server that is away holds commands back; an interrupted build does not wait for it.
      if (waited) await Promise.race([built, (begun ??= begin(ofFolder)).then(() => take(id, waited))]);
      return { built };
    },
    async finish() {
      const ofFolder = await (folderId ?? readFolderId(out));
      if (ofFolder === undefined) return; // No job was ever added.
      [folderId, begun] = [undefined, undefined];
      if (!(await within(5000, clear(ofFolder)).catch(trouble)))
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
