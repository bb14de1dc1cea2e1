import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { type Conversation, makeFolder, notWritable, readJsonParts } from '@fgam/data';
import { z } from 'zod';

/** What of a conversation is exported. */
export type SpooledConversation = Pick<Conversation, 'id' | 'image' | 'turns'>;

/** Conversations that wait on disk until all are known, for what is written may depend on all of them. */
export interface ConversationSpool {
  /** @throws FgamError `data/not-writable` */
  add(conversation: SpooledConversation): Promise<void>;
  readonly count: number;
  /** Of all. */
  readonly turns: number;
  /** Whether one has more turns than one. */
  readonly hasLong: boolean;
  /** All of them again, in order; once, when the last is added. */
  read(): AsyncGenerator<SpooledConversation, void, undefined>;
  /** Removes the file. */
  close(): Promise<void>;
}

const text = z.string();
const conversationSchema: z.ZodType<SpooledConversation> = z.object({
  ...{ id: text, image: text },
  turns: z.array(z.object({ question: text, answer: text })),
});

/** Characters that are written together. */
const BLOCK = 1 << 16;

/** @param folder - where the file lies while it is needed; made with the first conversation */
export function createConversationSpool(folder: string): ConversationSpool {
  const path = join(folder, `conversations.${randomUUID()}.partial`);
  let file: FileHandle | undefined;
  let waiting = '';
  let [count, turns, hasLong] = [0, 0, false];

  async function flush(): Promise<void> {
    const block = waiting;
    waiting = '';
    try {
      if (file === undefined) {
        await makeFolder(folder);
        file = await open(path, 'w');
      }
      await file.appendFile(block);
    } catch (error) {
      throw notWritable(path, error);
    }
  }

  return {
    get count() {
      return count;
    },
    get turns() {
      return turns;
    },
    get hasLong() {
      return hasLong;
    },
    async add({ id, image, turns: own }) {
      waiting += `${count === 0 ? '[' : ','}\n${JSON.stringify({ id, image, turns: own })}`;
      count += 1;
      turns += own.length;
      hasLong ||= own.length > 1;
      if (waiting.length >= BLOCK) await flush();
    },
    async *read() {
      if (count === 0) return;
      waiting += '\n]\n';
      await flush();
      for await (const part of readJsonParts(path))
        if (part.kind === 'elements')
          for (const element of part.elements) yield conversationSchema.parse(element);
    },
    async close() {
      await file?.close();
      await rm(path, { force: true });
    },
  };
}
