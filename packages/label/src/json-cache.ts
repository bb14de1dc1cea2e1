import { createHash } from 'node:crypto';
import cacache from 'cacache';
import type { z } from 'zod';
import { labelError } from './error.js';
import { messageOf } from './message-of.js';

/** Remembers values by all that they depend on. */
export interface JsonCache<Value> {
  read(key: string): Promise<Value | undefined>;
  write(key: string, value: Value): Promise<void>;
}

/** A key from everything that a value depends on. @param kind - what is kept, so that kinds may share a folder */
export function cacheKey(kind: string, input: unknown): string {
  return `${kind}:${createHash('sha256').update(JSON.stringify(input)).digest('hex')}`;
}

/**
 * Values in a folder as JSON, stored by content (cacache): several processes may share it, one that is killed
 * leaves it whole, and what is damaged counts as missing.
 *
 * @param fn - whose cache it is, named in errors
 * @param schema - what is of another make counts as missing, too
 * @throws FgamError `label/cache-failed`, from `read` and `write`
 */
export function createJsonCache<Value>(
  fn: string,
  folder: string,
  schema: z.ZodType<Value>,
): JsonCache<Value> {
  const failed = (verb: 'read' | 'write', error: unknown) => {
    return labelError(
      'label/cache-failed',
      `${fn}: expected to ${verb} the cache in ${folder}, got: ${messageOf(error)}; choose another folder or free space`,
      { cause: error },
    );
  };
  return {
    async read(key) {
      let data: Buffer;
      try {
        ({ data } = await cacache.get(folder, key));
      } catch (error) {
        const code = codeOf(error);
        if (code === 'EINTEGRITY' || code === 'EBADSIZE') await removeContent(folder, key);
        else if (code !== 'ENOENT' && code !== 'ENOTDIR') throw failed('read', error);
        return undefined;
      }
      try {
        return schema.parse(JSON.parse(data.toString('utf8')));
      } catch {
        // Whole, but of another make: asked again, and written over.
        return undefined;
      }
    },
    async write(key, value) {
      try {
        await cacache.put(folder, key, JSON.stringify(value));
      } catch (error) {
        throw failed('write', error);
      }
    },
  };
}

/** Damaged content would stay: cacache writes none where a file of the same sum is. */
async function removeContent(folder: string, key: string): Promise<void> {
  const entry: cacache.CacheObject | null = await cacache.get.info(folder, key);
  if (entry) await cacache.rm.content(folder, entry.integrity);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
