import { z } from 'zod';
import { readTextIfThere } from './json.js';
import { skipSchema } from './read-skips.js';

const count = z.int().nonnegative();

const record = z.object({
  format: z.literal('fgam-laion-tar'),
  version: z.literal(1),
  tar: z.string(),
  samples: z.array(
    z.object({
      id: z.string(),
      image: z.string().regex(/^[0-9a-f]{2}\/[0-9a-f]{64}\.(?:jpg|png|webp|gif|avif)$/),
      bytes: count,
      width: count,
      height: count,
      caption: z.string().exactOptional(),
      metadata: z.record(z.string(), z.unknown()),
    }),
  ),
  skipped: z.array(skipSchema),
});

/** What was taken out of one tar: a file of `readLaion`'s folder, by which it is not read twice. */
export type LaionRecord = Readonly<z.infer<typeof record>>;

/** Reads such a record; undefined where there is none or its form is not (or no longer) ours. */
export async function readLaionRecord(path: string): Promise<LaionRecord | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: the tar is read again and the record written anew.
    return undefined;
  }
  const result = record.safeParse(value);
  return result.success ? result.data : undefined;
}
