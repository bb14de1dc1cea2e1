import { join } from 'node:path';
import type { DataSplit } from './data-split.js';
import type { RegionSample } from './records.js';

/**
 * What was seen of an image file when its shard was planned: size and time, or why there was
 * nothing to see (`ENOENT`).
 */
export type SeenFile = readonly [bytes: number, mtimeMs: number] | string;

/** One shard to be built. */
export interface ShardJob {
  /** The shard folder. */
  readonly out: string;
  /** Of the shard, without extension: `train-00000`. */
  readonly name: string;
  readonly split: DataSplit;
  /** SHA-256 of all that the shard is made from. */
  readonly fingerprint: string;
  /** Side to which images are stretched; null leaves them as they are. */
  readonly imageSize: number | null;
  readonly samples: readonly RegionSample[];
  /** Of each sample's image. */
  readonly seen: readonly SeenFile[];
}

/** What names a shard's job: two jobs of one id give the same bytes. */
export type ShardJobName = Pick<ShardJob, 'name' | 'fingerprint'>;

/**
 * Folder within a shard folder where jobs are while a build goes on; removed with all it holds, so that the
 * name must be nobody else's.
 */
export const JOBS_FOLDER = '.jobs';

/** Id of a job in a queue, and the name of its folder. */
export function shardJobId({ name, fingerprint }: ShardJobName): string {
  return `${name}.${fingerprint.slice(0, 16)}`;
}

/** Folder of a job: its samples where workers read them, attempts under way, and `done`, the one that was first. */
export function shardJobFolder(out: string, job: ShardJobName): string {
  return join(out, JOBS_FOLDER, shardJobId(job));
}
