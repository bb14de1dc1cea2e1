import { createHash } from 'node:crypto';
import cacache from 'cacache';
import { labelError } from '../error.js';
import { type ChatReply, chatReplySchema } from './chat-endpoint.js';

/** Remembers replies by all that they depend on. */
export interface ReplyCache {
  read(key: string): Promise<ChatReply | undefined>;
  write(key: string, reply: ChatReply): Promise<void>;
}

/** A key from everything that a reply depends on. */
export function replyKey(input: unknown): string {
  return `fgam-describer:${createHash('sha256').update(JSON.stringify(input)).digest('hex')}`;
}

/**
 * Replies in a folder, stored by content (cacache): several processes may share it, and what is damaged counts as missing.
 *
 * @throws FgamError `label/cache-failed`, from `read` and `write`
 */
export function createReplyCache(folder: string): ReplyCache {
  return {
    async read(key) {
      let data: Buffer;
      try {
        ({ data } = await cacache.get(folder, key));
      } catch (error) {
        const code = codeOf(error);
        if (code === 'EINTEGRITY' || code === 'EBADSIZE') await removeContent(folder, key);
        else if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cacheFailed('read', folder, error);
        return undefined;
      }
      try {
        return chatReplySchema.parse(JSON.parse(data.toString('utf8')));
      } catch {
        // Whole, but of another make: asked again, and written over.
        return undefined;
      }
    },
    async write(key, reply) {
      try {
        await cacache.put(folder, key, JSON.stringify(reply));
      } catch (error) {
        throw cacheFailed('write', folder, error);
      }
    },
  };
}

function cacheFailed(verb: 'read' | 'write', folder: string, error: unknown) {
  const said = error instanceof Error ? error.message : String(error);
  return labelError(
    'label/cache-failed',
    `createLlmDescriber: expected to ${verb} the cache in ${folder}, got: ${said}; choose another folder or free space`,
    { cause: error },
  );
}

/** Damaged content would stay: cacache writes none where a file of the same sum is. */
async function removeContent(folder: string, key: string): Promise<void> {
  const entry: cacache.CacheObject | null = await cacache.get.info(folder, key);
  if (entry) await cacache.rm.content(folder, entry.integrity);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
