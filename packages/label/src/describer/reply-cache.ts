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
 * @throws FgamError `label/not-writable` on writing
 */
export function createReplyCache(folder: string): ReplyCache {
  return {
    async read(key) {
      let data: Buffer;
      try {
        ({ data } = await cacache.get(folder, key));
      } catch (error) {
        if (isMiss(error)) return undefined;
        throw error;
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
        const said = error instanceof Error ? error.message : String(error);
        throw labelError(
          'label/not-writable',
          `createLlmDescriber: expected to write the cache in ${folder}, got: ${said}; choose another folder or free space`,
          { cause: error },
        );
      }
    },
  };
}

function isMiss(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOENT', 'ENOTDIR', 'EINTEGRITY', 'EBADSIZE'].includes(String(error.code))
  );
}
