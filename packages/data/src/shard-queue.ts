import type { ShardJob } from './shard-job.js';

/**
 * Where `buildShards` hands its shards: whoever takes a job calls `buildShardJob`, in this process or on
 * another host. The default is `createInProcessQueue`; `@fgam/data/bullmq` has one over Redis.
 */
export interface ShardQueue {
  /**
   * Takes a job; waits while there is no room for it. The job's folder exists.
   *
   * @returns `built`, which resolves when the job's folder holds the shard, and rejects with
   * `data/dead-letter` where the queue has given it up (the build then ends when all others are done),
   * with any other error at once
   */
  add(job: ShardJob, signal: AbortSignal): Promise<{ readonly built: Promise<void> }>;
  /** The build is whole: nothing of it needs to be kept. */
  finish(): Promise<void>;
}
