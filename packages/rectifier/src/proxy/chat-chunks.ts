import type { RectifyEvent } from '../loop/rectify-options.js';
import { refusalOf, textOf } from './completion-text.js';
import type { Completion } from './upstream.js';

/** A part of a streamed completion. */
export type ChatChunk = Readonly<Record<string, unknown>>;

/** The fields that all chunks of a completion have in common. */
type Head = Pick<Completion, 'id' | 'model' | 'created'>;

/** A chunk without content; `fgam` beside it. */
export function eventChunk(head: Head, event: RectifyEvent): ChatChunk {
  // The id of the trajectory comes with the report.
  return { ...chunk(head, {}), fgam: { event: { ...event, id: undefined } } };
}

/**
 * A finished completion as chunks: its role, its words, why it ended with the report, and its
 * usage if it is asked for and was counted: clients take a chunk without usage for one with a choice.
 */
export function* completionChunks(
  completion: Completion,
  fgam: object,
  isUsageAsked: boolean,
): Generator<ChatChunk> {
  const [choice] = completion.choices;
  const refusal = refusalOf(completion);
  yield chunk(completion, { role: 'assistant', content: '', ...(refusal ? { refusal } : {}) });
  for (const [content] of textOf(completion).matchAll(/\s*\S+(?:\s+$)?|\s+$/g))
    yield chunk(completion, { content });
  yield { ...chunk(completion, {}, choice?.finish_reason ?? 'stop'), fgam };
  if (isUsageAsked && completion.usage)
    yield { ...chunk(completion, {}), choices: [], usage: completion.usage };
}

function chunk(
  { id = 'chatcmpl-fgam', model = '', created = 0 }: Head,
  delta: object,
  finish: string | null = null,
): ChatChunk {
  return {
    ...{ id, object: 'chat.completion.chunk', created, model },
    choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
  };
}
