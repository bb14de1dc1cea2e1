import { conversationRecord, conversationTurns } from './conversation-turns.js';
import { isFgamError } from './error.js';
import { type ImageCheck, type ImageFault, lookAtImage } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { ReaderOptions } from './reader-options.js';
import type { ConversationTurn, ImageSize } from './records.js';
import type { SkipList } from './skips.js';

/** Options of `readLlavaInstruct`, `readShareGpt4V` and `streamInstructionSamples`. */
export interface ReadConversationsOptions extends ReaderOptions {
  /** Path of the JSON file, one array, of any size. */
  readonly file: string;
  /** Folder that the records' image names begin in. */
  readonly images: string;
  /** How image files are looked at, each once. Default `decode`. */
  readonly check?: ImageCheck;
}

/** A record whose texts are well. */
export interface ConversationRecord {
  readonly id: string;
  /** The image's name in the file. */
  readonly name: string;
  readonly turns: readonly ConversationTurn[];
}

/** The image that records name: its size (undefined where images are not looked at) or what is wrong with it. */
export type ConversationImage =
  | { readonly path: string; readonly size: ImageSize | undefined }
  | { readonly fault: ImageFault };

/** Streams the records of a file of LLaVA's format. */
export async function* readConversationRecords(
  file: string,
  skips: SkipList,
  signal: AbortSignal | undefined,
): AsyncGenerator<ConversationRecord, void, undefined> {
  const uniqueId = createUniqueId();
  for await (const raw of readJsonArray(file)) {
    signal?.throwIfAborted();
    const record = parseRecord(conversationRecord, raw, { file, what: 'conversation', skips });
    if (!record) continue;
    const id = uniqueId(String(record.id));
    const turns = conversationTurns(record.conversations);
    if (typeof record.image !== 'string') skips.add(file, id, 'unknown-image', 'the record names no image');
    else if ('reason' in turns) skips.add(file, id, turns.reason, turns.detail);
    else yield { id, name: record.image, turns };
  }
}

/**
 * Looks at images by their names, each once. One whose name leads out of the folder is not
 * looked at: that is its fault.
 */
export async function findConversationImages(
  names: Iterable<string>,
  options: ReadConversationsOptions,
): Promise<ReadonlyMap<string, ConversationImage>> {
  const { check = 'decode' } = options;
  const find = filesInside(options.images);
  const once = [...new Set(names)];
  let done = 0;
  const looked = await mapBounded(once, 8, async (name): Promise<readonly [string, ConversationImage]> => {
    options.signal?.throwIfAborted();
    const image = await lookInside(find, name, check);
    options.onProgress?.(++done, once.length);
    return [name, image];
  });
  return new Map(looked);
}

async function lookInside(
  find: ReturnType<typeof filesInside>,
  name: string,
  check: ImageCheck,
): Promise<ConversationImage> {
  try {
    const { path } = await find(name);
    return { path, ...(check === 'none' ? { size: undefined } : await lookAtImage(path, check)) };
  } catch (error) {
    if (!isFgamError(error) || error.code !== 'data/path-escape') throw error;
    return { fault: { reason: 'unsafe-entry', detail: error.message } };
  }
}

/** Official ids are those of the images and repeat: `a`, `a#2`, `a#3`. */
function createUniqueId(): (id: string) => string {
  const counts = new Map<string, number>();
  return (id) => {
    let count = (counts.get(id) ?? 0) + 1;
    while (count > 1 && counts.has(`${id}#${count}`)) count++;
    counts.set(id, count);
    if (count === 1) return id;
    counts.set(`${id}#${count}`, 1);
    return `${id}#${count}`;
  };
}
