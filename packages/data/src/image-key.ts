import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ImageSource } from './records.js';

/**
 * A key under which what was computed from an image may be kept: the content's hash for bytes; path, size and time of
 * change for a file, so that a file written anew is read anew. A missing file gets its path: reading it says so.
 */
export async function imageKey(image: ImageSource): Promise<string> {
  if (typeof image !== 'string') return createHash('sha256').update(image).digest('base64');
  const found = await stat(image).catch(() => undefined);
  return found === undefined ? image : `${image}:${found.size}:${found.mtimeMs}`;
}
