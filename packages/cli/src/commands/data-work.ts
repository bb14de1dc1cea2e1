import type { QueuePlace } from '@fgam/data/bullmq';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult, say } from '../output.js';
import { positiveNumber } from '../whole-number.js';
import { queuePlace, reportTrouble } from './shard-queue-place.js';

/** Loaded only where it is asked for: most commands need no queue. */
const loadQueue = () => import('@fgam/data/bullmq');

interface WorkOptions extends CommonOptions {
  readonly queue: string;
  readonly queueName?: string;
  readonly concurrency: number;
  readonly lease: number;
  readonly losses: number;
  readonly idle?: number;
  readonly deadLetters?: boolean;
  readonly retry?: boolean;
}

/**
 * `fgam data work`: builds the shards of `fgam data build --queue`, beside any number of others; lists
 * shards that were given up.
 */
export function addDataWorkCommand(data: Command): void {
  data
    .command('work')
    .description('build shards for `fgam data build --queue`, on any host that sees its folders')
    .argument('<shards>', 'the folder that is built (--out of the build)')
    .requiredOption('--queue <redis>', 'the Redis server, such as redis://localhost:6379/0')
    .option('--queue-name <name>', "the queue's name (default: told by the path of the folder)")
    .option('--concurrency <n>', 'shards at once', positiveNumber, 1)
    .option('--lease <seconds>', 'time after which a dead worker loses its shard', positiveNumber, 30)
    .option('--losses <n>', 'losses of its worker after which a shard is given up', positiveNumber, 5)
    .option('--idle <seconds>', 'end after so long without a shard (default: wait for more)', positiveNumber)
    .addOption(new Option('--dead-letters', 'list the shards that were given up').conflicts('retry'))
    .option('--retry', 'give them back to the workers')
    .action(async (shards: string, options: WorkOptions, command: Command) => {
      const place = await queuePlace(options.queue, { out: shards, queueName: options.queueName }, command);
      if (options.deadLetters) return listDeadLetters(place, options);
      if (options.retry) return retry(place, options);
      return interruptible((signal) => work(place, options, signal));
    });
}

async function work(place: QueuePlace, options: WorkOptions, signal: AbortSignal): Promise<void> {
  const { concurrency, lease, losses, idle } = options;
  const { workShards } = await loadQueue();
  const summary = await workShards({
    ...place,
    ...{ concurrency, losses, signal, lease: lease * 1000 },
    ...(idle === undefined ? {} : { idle }),
    onShard: ({ shard, fault }) => say(`${shard}: ${fault === undefined ? 'built' : `failed: ${fault}`}`),
    onTrouble: reportTrouble(),
  });
  printResult(options, summary, `${summary.built} shards built, ${summary.failed} attempts failed`);
}

async function listDeadLetters(place: QueuePlace, options: WorkOptions): Promise<void> {
  const { readDeadLetters } = await loadQueue();
  const deadLetters = await readDeadLetters(place);
  const lines = deadLetters.map(
    ({ shard, reason, attempts }) => `${shard} (${attempts} attempts): ${reason}`,
  );
  printResult(options, { deadLetters }, lines.length === 0 ? 'no shard was given up' : lines.join('\n'));
}

async function retry(place: QueuePlace, options: WorkOptions): Promise<void> {
  const { retryDeadLetters } = await loadQueue();
  const retried = await retryDeadLetters(place);
  const names = retried.map(({ shard }) => shard);
  printResult(
    options,
    { retried },
    `${names.length} shards are tried again${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
  );
}
