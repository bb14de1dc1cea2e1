import { type Job, Queue } from 'bullmq';
import { queuedJobId } from './folder-id.js';
import { openClients } from './open-clients.js';
import { checkRedis, type QueuePlace, queueName } from './redis-place.js';
import { readShardMessage } from './shard-message.js';

/** A shard that the queue has given up. */
export interface DeadLetter {
  readonly shard: string;
  /** The last fault. */
  readonly reason: string;
  readonly attempts: number;
}

/** What BullMQ says of a job whose workers died under it. */
const STALLED = /stalled more than allowable limit/;

/**
 * The shards that a build's queue has given up, by name.
 *
 * @throws FgamError `data/no-redis`, `data/bad-config`
 * @example
 * ```ts no-run
 * import { readDeadLetters } from '@fgam/data/bullmq';
 *
 * const place = { redis: 'redis://queue-host:6379/0', out: '/shared/shards' };
 * for (const { shard, reason, attempts } of await readDeadLetters(place))
 *   console.log(`${shard}: ${reason} (${attempts} attempts)`);
 * ```
 */
export async function readDeadLetters(place: QueuePlace): Promise<DeadLetter[]> {
  return withQueue(place, async (queue) => (await queue.getFailed()).map(deadLetterOf).sort(byShard));
}

/**
 * Gives dead letters back to the workers, with all attempts anew.
 *
 * @returns those given back
 * @example
 * ```ts no-run
 * import { retryDeadLetters } from '@fgam/data/bullmq';
 *
 * const given = await retryDeadLetters({ redis: 'redis://queue-host:6379/0', out: '/shared/shards' });
 * console.log(`${given.length} shards are tried again`);
 * ```
 */
export async function retryDeadLetters(place: QueuePlace): Promise<DeadLetter[]> {
  return withQueue(place, async (queue) => {
    const failed = await queue.getFailed();
    for (const job of failed) {
      // Not BullMQ's own retry: it keeps the count of lost leases and the verdict on it.
      const message = readShardMessage(job.data);
      await job.remove();
      await queue.add(message.name, message, { ...job.opts, jobId: queuedJobId(message, message.folderId) });
    }
    return failed.map(deadLetterOf).sort(byShard);
  });
}

/** A failed job in words. */
export function deadLetterOf({ name, failedReason, attemptsMade }: Job): DeadLetter {
  return { shard: name, reason: faultInWords(failedReason), attempts: attemptsMade };
}

/** Why a job failed; BullMQ's word on lost leases in ours. */
export function faultInWords(reason: string | undefined): string {
  return reason === undefined || STALLED.test(reason)
    ? 'its workers died, or lost the lease, too often'
    : reason;
}

function byShard(a: DeadLetter, b: DeadLetter): number {
  return a.shard < b.shard ? -1 : 1;
}

async function withQueue<Result>(
  place: QueuePlace,
  work: (queue: Queue) => Promise<Result>,
): Promise<Result> {
  const name = queueName(place);
  await checkRedis(place);
  const clients = openClients(place);
  const queue = new Queue(name, { connection: clients.open(), skipMetasUpdate: true });
  queue.on('error', () => undefined); // The command that fails says it.
  try {
    return await work(queue);
  } finally {
    await queue.close();
    clients.end();
  }
}
