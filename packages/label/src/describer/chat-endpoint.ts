import { boundedFetch, chatCompletionSchema, listFaults } from '@fgam/data';
import OpenAI, { APIUserAbortError } from 'openai';
import { z } from 'zod';
import { ChatFailure, chatFailureOf } from './chat-failure.js';
import type { DescriberPrompt } from './describer-prompt.js';
import type { Sampling } from './llm-describer-options.js';

/** Longest reply read. A description takes some hundred bytes. */
const MAX_REPLY_BYTES = 2 ** 20;

/** A model's reply. Its text is data: nothing runs it, and no prompt repeats it. */
export const chatReplySchema = z.object({
  text: z.string(),
  finish: z.enum(['stop', 'length', 'refused']),
  /** As the endpoint counts them; undefined where it does not. */
  tokens: z.object({ prompt: z.int().nonnegative(), completion: z.int().nonnegative() }).optional(),
});

/** See `chatReplySchema`. */
export type ChatReply = z.infer<typeof chatReplySchema>;

/** What is asked. */
export interface ChatQuestion extends DescriberPrompt {
  readonly model: string;
  readonly sampling: Sampling;
  /** A data URL. */
  readonly image?: string;
}

/** Sends one question, once. */
export type ChatEndpoint = (question: ChatQuestion, signal?: AbortSignal) => Promise<ChatReply>;

/**
 * An OpenAI-compatible endpoint: one request, no retries of its own.
 *
 * Nothing of the environment but `OPENAI_CUSTOM_HEADERS` reaches the endpoint: no key, organization or
 * project that is meant for another.
 *
 * @param options - base URL up to and with `/v1`; the timeout in milliseconds, for the whole reply
 * @returns throws ChatFailure, or the signal's reason
 */
export function createChatEndpoint(options: {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeout: number;
  readonly now: () => number;
}): ChatEndpoint {
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: options.apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    timeout: options.timeout,
    maxRetries: 0,
    logLevel: 'off',
    fetch: boundedFetch(MAX_REPLY_BYTES),
  });
  return async (question, signal) => {
    signal?.throwIfAborted();
    // The client never lets go of its listeners: they go on a signal of this request alone.
    const own = new AbortController();
    const abort = (): void => own.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let completion: unknown;
    try {
      completion = await client.chat.completions.create(bodyOf(question), { signal: own.signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof APIUserAbortError) throw error;
      throw chatFailureOf(error, options.now());
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return replyOf(completion);
  };
}

function bodyOf({ model, sampling, system, user, image }: ChatQuestion) {
  const { temperature, topP, seed, maxTokens, tokenLimitField } = sampling;
  const text = { type: 'text' as const, text: user };
  return {
    model,
    messages: [
      { role: 'system' as const, content: system },
      {
        role: 'user' as const,
        content: image ? [{ type: 'image_url' as const, image_url: { url: image } }, text] : user,
      },
    ],
    [tokenLimitField]: maxTokens,
    temperature,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function replyOf(completion: unknown): ChatReply {
  const parsed = chatCompletionSchema.safeParse(completion);
  if (!parsed.success) {
    const [fault = ''] = listFaults(parsed.error, 'the reply');
    const where = typeof completion === 'object' ? ` (${fault})` : '';
    throw new ChatFailure('unreadable', `a reply that is no chat completion${where}`);
  }
  const { choices, usage } = parsed.data;
  const [{ message, finish_reason: finish }] = choices as [(typeof choices)[number]];
  const isRefused = Boolean(message.refusal) || finish === 'content_filter';
  return {
    text: message.content ?? '',
    finish: isRefused ? 'refused' : finish === 'length' ? 'length' : 'stop',
    ...(usage ? { tokens: { prompt: usage.prompt_tokens, completion: usage.completion_tokens } } : {}),
  };
}
