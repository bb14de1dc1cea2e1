import { findConversations, type ReadConversationsOptions } from './find-conversations.js';
import type { Conversation } from './records.js';
import type { Skip } from './skips.js';

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
  const { found, skipped } = await findConversations(fn, options);
  return { conversations: found.map(({ id, path, turns }) => ({ id, image: path, turns, source })), skipped };
}
