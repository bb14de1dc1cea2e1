import { exportConversations, type ExportFileOptions } from '@fgam/rectifier';
import type { SpooledConversation } from './conversation-spool.js';
import type { Files } from './file-parts.js';

/** A conversation of two turns, beside which TRL's rows are of `messages`. */
const LONG: SpooledConversation = {
  ...{ id: '\u0000', image: 'none' },
  turns: Array.from({ length: 2 }, () => ({ question: 'q', answer: 'a' })),
};

/**
 * Some of a set of conversations as an engine's files. Rows of TRL have the columns of the whole set's
 * longest conversation: a part without a long one is made beside one, whose row, the last, goes again.
 *
 * @param hasLong - whether a conversation of the set has more turns than one
 */
export function conversationPart(
  part: readonly SpooledConversation[],
  hasLong: boolean,
  options: ExportFileOptions,
): Files {
  const isShort = part.every(({ turns }) => turns.length === 1);
  if (options.format !== 'trl' || !hasLong || !isShort) return exportConversations(part, options);
  const files = exportConversations([...part, LONG], options);
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1),
    ]),
  );
}
