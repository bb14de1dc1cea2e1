import { z } from 'zod';
import { FgamError } from '../error.js';
import { maxImagePixels } from '../image-limit.js';
import { describeFaults } from '../parse-record.js';
import { SHARD_ENCODER } from '../shard-image.js';
import type { ShardJob } from '../shard-job.js';

const shardMessage = z.object({
  version: z.literal(3),
  /** Of the folder of jobs, see `openFolderId`. */
  folderId: z.string().min(1),
  name: z.string().regex(/^(?:train|validation)-\d{5,}$/),
  split: z.enum(['train', 'validation']),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  imageSize: z.int().positive().nullable(),
  base: z.string(),
  encoder: z.string(),
  maxPixels: z.int().positive(),
});

/** A job as it goes through Redis; its samples lie in the shard folder. */
export type ShardMessage = Readonly<z.infer<typeof shardMessage>>;

/** The message of a job in the folder with this id. */
export function shardMessageOf(job: ShardJob, folderId: string): ShardMessage {
  const { name, split, fingerprint, imageSize } = job;
  return {
    ...{ version: 3, folderId, name, split, fingerprint, imageSize },
    ...{ base: process.cwd(), encoder: SHARD_ENCODER, maxPixels: maxImagePixels() },
  };
}

/** The folder that a message of any version is of, where it says it. */
export function folderIdOf(value: unknown): string | undefined {
  return z.object({ folderId: z.string() }).safeParse(value).data?.folderId;
}

/**
 * Reads a message.
 * @throws FgamError `data/bad-record` where another version wrote it; `data/bad-config` where images
 * were encoded otherwise here
 */
export function readShardMessage(value: unknown): ShardMessage {
  const result = shardMessage.safeParse(value);
  if (!result.success)
    throw new FgamError(
      'data/bad-record',
      `expected a shard's job of this version, got: ${describeFaults(result.error)}; run one version of fgam on all hosts`,
    );
  const { encoder } = result.data;
  if (encoder !== SHARD_ENCODER)
    throw new FgamError(
      'data/bad-config',
      `expected ${encoder}, as the build has it, got ${SHARD_ENCODER}; run one version of fgam on all hosts`,
    );
  return result.data;
}
