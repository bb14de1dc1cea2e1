import {
  type ConversationRecord,
  findConversationImages,
  readConversationRecords,
  type ReadConversationsOptions,
} from './conversation-records.js';
import { FgamError } from './error.js';
import type { Conversation } from './records.js';
import { type Skip, SkipList } from './skips.js';

/** What `readLlavaInstruct` or `readShareGpt4V` found. */
export interface ConversationData {
  readonly conversations: readonly Conversation[];
  readonly skipped: readonly Skip[];
}

/** Reads a file of LLaVA's format for `fn`. */
export async function readConversations(
  fn: string,
  source: string,
  options: ReadConversationsOptions,
): Promise<ConversationData> {
  const { file } = options;
  const skips = new SkipList(fn, options.maxSkips);
  const records: ConversationRecord[] = [];
  for await (const record of readConversationRecords(file, skips, options.signal)) records.push(record);
  const images = await findConversationImages(
    records.map(({ name }) => name),
    options,
  );
  const conversations: Conversation[] = [];
  for (const { id, name, turns } of records) {
    const image = images.get(name);
    if (!image) continue; // every name was looked at
    if ('fault' in image) skips.add(file, id, image.fault.reason, image.fault.detail);
    else conversations.push({ id, image: image.path, turns, source });
  }
  if (conversations.length === 0) throw noConversations(fn, file, skips.skips);
  return { conversations, skipped: skips.skips };
}

/** The error for a file of which nothing is left. */
export function noConversations(fn: string, file: string, skipped: readonly Skip[]): FgamError {
  return new FgamError(
    'data/empty',
    `${fn}: expected conversations about usable images in ${file}, got none of ${skipped.length}; the first fault: ` +
      (skipped[0]?.detail ?? 'none'),
  );
}
