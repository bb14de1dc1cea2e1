import sharp from 'sharp';
import { z } from 'zod';
import { FgamError } from '../error.js';
import { describeFaults } from '../parse-record.js';
import type { ShardJob } from '../shard-job.js';

const shardMessage = z.object({
  version: z.literal(1),
  name: z.string().regex(/^(?:train|validation)-\d{5,}$/),
  split: z.enum(['train', 'validation']),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  imageSize: z.int().positive().nullable(),
  base: z.string(),
  encoder: z.string(),
});

/** A job as it goes through Redis; its samples lie in the shard folder. */
export type ShardMessage = Readonly<z.infer<typeof shardMessage>>;

/** What encodes images here: others may give other bytes. */
const ENCODER = `sharp ${sharp.versions.sharp ?? '?'}, libvips ${sharp.versions.vips}`;

/** The message of a job. */
export function shardMessageOf({ name, split, fingerprint, imageSize }: ShardJob): ShardMessage {
  return { version: 1, name, split, fingerprint, imageSize, base: process.cwd(), encoder: ENCODER };
}

/** Reads a message. @throws FgamError `data/bad-record` where another version wrote it; `data/bad-config` where images were encoded otherwise here */
export function readShardMessage(value: unknown): ShardMessage {
  const result = shardMessage.safeParse(value);
  if (!result.success)
    throw new FgamError(
      'data/bad-record',
      `expected a shard's job of this version, got: ${describeFaults(result.error)}; run one version of fgam on all hosts`,
    );
  if (result.data.encoder !== ENCODER)
    throw new FgamError(
      'data/bad-config',
      `expected ${result.data.encoder}, as the build has it, got ${ENCODER}; run one version of fgam on all hosts`,
    );
  return result.data;
}
