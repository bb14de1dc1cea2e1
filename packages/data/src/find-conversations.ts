import { conversationRecord, conversationTurns } from './conversation-turns.js';
import { FgamError } from './error.js';
import { type ImageCheck, lookAtImage } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { ReaderOptions } from './reader-options.js';
import type { ConversationTurn, ImageSize } from './records.js';
import { type Skip, SkipList } from './skips.js';

/** Options of `readLlavaInstruct`, `readShareGpt4V` and `readInstructionSamples`. */
export interface ReadConversationsOptions extends ReaderOptions {
  /** Path of the JSON file, one array, of any size. */
  readonly file: string;
  /** Folder that the records' image names begin in. */
  readonly images: string;
  /** How image files are looked at, each once. Default `decode`. */
  readonly check?: ImageCheck;
}

/** A conversation about an image that is there. */
export interface FoundConversation {
  readonly id: string;
  /** The image's name in the file. */
  readonly name: string;
  readonly path: string;
  /** Undefined where images are not looked at. */
  readonly size: ImageSize | undefined;
  readonly turns: readonly ConversationTurn[];
}

/** Reads a file of LLaVA's format for `fn`, in its order. */
export async function findConversations(
  fn: string,
  options: ReadConversationsOptions,
): Promise<{ readonly found: readonly FoundConversation[]; readonly skipped: readonly Skip[] }> {
  const { file, check = 'decode' } = options;
  const skips = new SkipList(fn, options.maxSkips);
  const read: Pick<FoundConversation, 'id' | 'name' | 'turns'>[] = [];
  const uniqueId = createUniqueId();
  let records = 0;
  for await (const raw of readJsonArray(file)) {
    options.signal?.throwIfAborted();
    records++;
    const record = parseRecord(conversationRecord, raw, { file, what: 'conversation', skips });
    if (!record) continue;
    const id = uniqueId(String(record.id));
    const turns = conversationTurns(record.conversations);
    if (typeof record.image !== 'string') skips.add(file, id, 'unknown-image', 'the record names no image');
    else if ('reason' in turns) skips.add(file, id, turns.reason, turns.detail);
    else read.push({ id, name: record.image, turns });
  }

  const find = filesInside(options.images);
  const names = [...new Set(read.map(({ name }) => name))];
  let done = 0;
  const looked = await mapBounded(names, 8, async (name) => {
    options.signal?.throwIfAborted();
    const { path } = await find(name);
    const look = check === 'none' ? { size: undefined } : await lookAtImage(path, check);
    options.onProgress?.(++done, names.length);
    return [name, { path, ...look }] as const;
  });
  const images = new Map(looked);
  const found: FoundConversation[] = [];
  for (const conversation of read) {
    const image = images.get(conversation.name);
    if (!image) continue; // every name was looked at
    if ('fault' in image) skips.add(file, conversation.id, image.fault.reason, image.fault.detail);
    else found.push({ ...conversation, path: image.path, size: image.size });
  }
  if (found.length === 0)
    throw new FgamError(
      'data/empty',
      `${fn}: expected conversations about usable images in ${file}, got none of ${records}; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return { found, skipped: skips.skips };
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
