import { conversationRecord, conversationTurns } from './conversation-turns.js';
import { FgamError } from './error.js';
import { type ImageCheck, lookAtImage } from './image-file.js';
import { filesInside } from './inside-folder.js';
import { readJsonArray } from './json-array.js';
import { mapBounded } from './map-bounded.js';
import { parseRecord } from './parse-record.js';
import type { Conversation, ConversationTurn } from './records.js';
import { type Skip, SkipList } from './skips.js';
import type { ReaderOptions } from './reader-options.js';

/** Options of `readLlavaInstruct` and `readShareGpt4V`. */
export interface ReadConversationsOptions extends ReaderOptions {
  /** Path of the JSON file, one array, of any size. */
  readonly file: string;
  /** Folder that the records' image names begin in. */
  readonly images: string;
  /** How image files are looked at, each once. Default `decode`. */
  readonly check?: ImageCheck;
}

/** What `readLlavaInstruct` or `readShareGpt4V` found. */
export interface ConversationData {
  readonly conversations: readonly Conversation[];
  readonly skipped: readonly Skip[];
}

interface Found {
  readonly id: string;
  readonly image: string;
  readonly turns: readonly ConversationTurn[];
}

/** Reads a file of LLaVA's format for `fn`. */
export async function readConversations(
  fn: string,
  source: string,
  options: ReadConversationsOptions,
): Promise<ConversationData> {
  const { file, check = 'decode' } = options;
  const skips = new SkipList(fn, options.maxSkips);
  const found: Found[] = [];
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
    else found.push({ id, image: record.image, turns });
  }

  const find = filesInside(options.images);
  const names = [...new Set(found.map(({ image }) => image))];
  let done = 0;
  const looked = await mapBounded(names, 8, async (name) => {
    options.signal?.throwIfAborted();
    const { path } = await find(name);
    const look = check === 'none' ? undefined : await lookAtImage(path, check);
    options.onProgress?.(++done, names.length);
    return [name, { path, fault: look && 'fault' in look ? look.fault : undefined }] as const;
  });
  const images = new Map(looked);
  const conversations: Conversation[] = [];
  for (const { id, image: name, turns } of found) {
    const image = images.get(name);
    if (!image) continue; // every name was looked at
    if (image.fault) skips.add(file, id, image.fault.reason, image.fault.detail);
    else conversations.push({ id, image: image.path, turns, source });
  }
  if (conversations.length === 0)
    throw new FgamError(
      'data/empty',
      `${fn}: expected conversations about usable images in ${file}, got none of ${records}; the first fault: ` +
        (skips.skips[0]?.detail ?? 'none'),
    );
  return { conversations, skipped: skips.skips };
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
