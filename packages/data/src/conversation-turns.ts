import { z } from 'zod';
import type { ConversationTurn } from './records.js';
import type { SkipReason } from './skips.js';
import { findTextFault } from './text-fault.js';

/** A record of LLaVA's format. Text alone has no `image`. */
export const conversationRecord = z.object({
  id: z.union([z.int(), z.string().min(1)]),
  image: z.string().min(1).nullish(),
  conversations: z.array(z.object({ from: z.string(), value: z.string() })).min(1),
});

/** Where the image's tokens go. */
const IMAGE_TOKEN = '<image>';

/** Why a conversation is of no use. */
export interface ConversationFault {
  readonly reason: SkipReason;
  readonly detail: string;
}

/**
 * The turns of `[{ from: 'human' | 'gpt', value }, ...]`: the two alternate, a human begins and
 * gpt ends. `<image>` stands once, at the beginning or the end of the first question; it is taken
 * away, with the space around.
 */
export function conversationTurns(
  said: z.infer<typeof conversationRecord>['conversations'],
): readonly ConversationTurn[] | ConversationFault {
  const bad = (detail: string): ConversationFault => ({ reason: 'bad-record', detail });
  const wrong = said.findIndex(({ from }, index) => from !== (index % 2 === 0 ? 'human' : 'gpt'));
  if (wrong >= 0)
    return bad(
      `part ${wrong + 1} is from ${JSON.stringify(said[wrong]?.from.slice(0, 40))}: human and gpt must alternate`,
    );
  if (said.length % 2 === 1) return bad('the last question has no answer');
  const texts: string[] = [];
  for (const [index, { value }] of said.entries()) {
    const text = index === 0 ? withoutImageToken(value) : value.trim();
    if (text === undefined)
      return bad(`expected ${IMAGE_TOKEN} at the beginning or the end of the first question`);
    if (text.includes(IMAGE_TOKEN)) return bad(`${IMAGE_TOKEN} once more in part ${index + 1}`);
    const fault = findTextFault(text);
    if (fault) return { reason: fault.reason, detail: `part ${index + 1}: ${fault.detail}` };
    texts.push(text);
  }
  return Array.from({ length: texts.length / 2 }, (_, turn) => ({
    question: texts[turn * 2] as string,
    answer: texts[turn * 2 + 1] as string,
  }));
}

function withoutImageToken(value: string): string | undefined {
  const text = value.trim();
  if (text.startsWith(IMAGE_TOKEN)) return text.slice(IMAGE_TOKEN.length).trim();
  if (text.endsWith(IMAGE_TOKEN)) return text.slice(0, -IMAGE_TOKEN.length).trim();
  return undefined;
}
