import { isFgamError } from '@fgam/data';
import type { BullQueueOptions, QueuePlace } from '@fgam/data/bullmq';
import type { Command } from 'commander';
import { say } from '../output.js';
import { usageError } from '../usage-error.js';

/** Milliseconds between two lines. */
const PAUSE = 10_000;

/**
 * Where a shard folder's queue is; the server's password comes from the environment, if not with its address.
 *
 * @throws as `usageError` for a name that no queue may have, and for what is no address of a Redis server, which is
 * not shown: it may hold a password
 */
export async function queuePlace(
  redis: string,
  { out, queueName }: { readonly out: string; readonly queueName?: string | undefined },
  command: Command,
): Promise<QueuePlace> {
  const queue = await import('@fgam/data/bullmq');
  const { FGAM_REDIS_PASSWORD: password } = process.env;
  const place: QueuePlace = {
    ...{ redis, out },
    ...(queueName === undefined ? {} : { name: queueName }),
    ...(password === undefined || password === '' ? {} : { password }),
  };
  for (const [option, check] of [
    ['--queue', queue.redisInWords],
    ['--queue-name', queue.queueName],
  ] as const)
    try {
      check(place);
    } catch (error) {
      if (isFgamError(error)) usageError(command, `${option}: ${error.message}`);
      throw error;
    }
  return place;
}

/** Lines for people on how a queue stands, at most one in ten seconds; what is wrong with the server, as often. */
export function reportQueue(
  { out, name }: QueuePlace,
  server: string,
): Required<Pick<BullQueueOptions, 'onState' | 'onTrouble'>> {
  let line = '';
  let shown = 0;
  return {
    onState: ({ waiting, active, dead, workers, samples }) => {
      // The server may not list a worker that has a shard: one that is cut off, or has just come.
      const connected = workers > 0 || active === 0 ? `, ${workers} workers` : '';
      const lonely =
        workers === 0 && active === 0 && waiting > 0
          ? `; no worker is connected: fgam data work ${out} --queue ${server}${name === undefined ? '' : ` --queue-name ${name}`}`
          : '';
      const next = `shards: ${active} at work (${samples} samples), ${waiting} wait, ${dead} given up${connected}${lonely}`;
      if (next === line || Date.now() - shown < PAUSE) return;
      [line, shown] = [next, Date.now()];
      say(next);
    },
    onTrouble: reportTrouble(),
  };
}

/** Says what is wrong with the server, at most once in ten seconds. */
export function reportTrouble(): (error: Error) => void {
  let shown = 0;
  return ({ message }) => {
    if (Date.now() - shown < PAUSE) return;
    shown = Date.now();
    say(`queue: ${message}`);
  };
}
