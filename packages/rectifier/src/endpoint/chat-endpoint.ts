import { setMaxListeners } from 'node:events';
import { chatCompletionSchema, listFaults, unlessAborted } from '@fgam/data';
import type { ChatCompletionMessageParam, ResponseFormatJSONSchema } from 'openai/resources';
import pLimit from 'p-limit';
import type { z } from 'zod';
import { rectifierError } from '../error.js';
import { EndpointError, endpointErrorOf, UnreadableReply } from './endpoint-error.js';
import type { EndpointSettings } from './endpoint-options.js';
import { fetchReplies, openClient } from './open-client.js';

/** What an endpoint has done so far. */
export interface EndpointUsage {
  /** HTTP requests, further tries among them. */
  readonly requests: number;
  /** As the endpoint counts them, images among them. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Replies whose tokens the endpoint did not count. */
  readonly uncounted: number;
}

/** A conversation to be continued. */
export interface ChatRequest {
  readonly messages: readonly ChatCompletionMessageParam[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed?: number | undefined;
  readonly format?: ResponseFormatJSONSchema;
}

/** What a model says. Its text is data. */
export interface ChatReply {
  readonly text: string;
  readonly finish: 'stop' | 'length' | 'refused';
  /** Of the reply; undefined where the endpoint does not count. */
  readonly tokens: number | undefined;
}

/** An OpenAI-compatible endpoint for many requests at a time. */
export interface ChatEndpoint {
  /** Asks when it is this request's turn: so long nothing of it is prepared. */
  ask(prepare: () => Promise<ChatRequest>, signal: AbortSignal): Promise<ChatReply>;
  /**
   * One result an item, in order. The first failure, the caller's signal and `close` end what is under way.
   *
   * @throws EndpointError; FgamError `rectifier/closed`; the signal's reason
   */
  all<Item, Result>(
    items: readonly Item[],
    signal: AbortSignal | undefined,
    one: (item: Item, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result[]>;
  usage(): EndpointUsage;
  /** Ends what is under way and refuses what comes. */
  close(): void;
}

/** Opens an endpoint through the `openai` client (`openClient`). */
export function createChatEndpoint(fn: string, settings: EndpointSettings): ChatEndpoint {
  const { baseUrl, model, apiKey, concurrency, tokenLimitField, extraBody } = settings;
  const usage = { requests: 0, promptTokens: 0, completionTokens: 0, uncounted: 0 };
  const limit = pLimit(concurrency);
  const closing = new AbortController();
  const asked = `${fn}: ${model} at ${new URL(baseUrl).host}`;
  const fetchWhole = fetchReplies();
  const client = openClient(settings, async (input, init) => {
    usage.requests += 1;
    const response = await fetchWhole(input, init);
    if (waitOf(response.headers) > settings.maxRetryAfter) response.headers.set('x-should-retry', 'false');
    // A broken reply is worth another try, which the client gives to connections that fail.
    if (response.ok) await checkJson(response.clone());
    return response;
  });

  const send = async (request: ChatRequest, signal: AbortSignal): Promise<ChatReply> => {
    const { messages, maxTokens, temperature, seed, format } = request;
    const body = {
      ...extraBody,
      model,
      messages: [...messages],
      [tokenLimitField]: maxTokens,
      temperature,
      ...(seed === undefined ? {} : { seed }),
      ...(format === undefined ? {} : { response_format: format }),
    };
    let completion: unknown;
    try {
      completion = await unlessAborted(client.chat.completions.create(body, { signal }), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw endpointErrorOf(error, asked, apiKey);
    }
    const parsed = chatCompletionSchema.safeParse(completion);
    if (!parsed.success) {
      const [fault = ''] = listFaults(parsed.error, 'the reply');
      throw new EndpointError(
        'rectifier/endpoint-failed',
        `${asked}: expected a chat completion (${fault}); is ${baseUrl} the API's address, up to and with /v1?`,
      );
    }
    return replyOf(parsed.data);
  };

  const replyOf = ({ choices, usage: counted }: z.infer<typeof chatCompletionSchema>): ChatReply => {
    if (counted) {
      usage.promptTokens += counted.prompt_tokens;
      usage.completionTokens += counted.completion_tokens;
    } else usage.uncounted += 1;
    const [{ message, finish_reason: finish }] = choices as [(typeof choices)[number]];
    const isRefused = Boolean(message.refusal) || finish === 'content_filter';
    return {
      text: (message.content ?? message.refusal ?? '').trim(),
      finish: isRefused ? 'refused' : finish === 'length' ? 'length' : 'stop',
      tokens: counted?.completion_tokens,
    };
  };

  return {
    ask: (prepare, signal) =>
      // Whoever waits for a turn may leave before it comes.
      unlessAborted(
        limit(async () => {
          signal.throwIfAborted();
          return send(await prepare(), signal);
        }),
        signal,
      ),
    async all(items, signal, one) {
      const ends = [signal, closing.signal];
      for (const end of ends) end?.throwIfAborted();
      // The client never lets go of its listeners: they go on a signal of this call alone.
      const own = new AbortController();
      setMaxListeners(0, own.signal);
      const listeners = ends.map((end) => {
        const abort = (): void => own.abort(end?.reason);
        end?.addEventListener('abort', abort, { once: true });
        return () => end?.removeEventListener('abort', abort);
      });
      try {
        return await Promise.all(items.map((item) => one(item, own.signal)));
      } catch (error) {
        own.abort(error);
        throw error;
      } finally {
        for (const remove of listeners) remove();
      }
    },
    usage: () => ({ ...usage }),
    close: () =>
      closing.abort(
        rectifierError('rectifier/closed', `${asked}: closed by dispose(); create another to ask again`),
      ),
  };
}

/** Milliseconds that a reply asks to wait before another try. */
function waitOf(headers: Headers): number {
  const [milliseconds, given] = [headers.get('retry-after-ms'), headers.get('retry-after')];
  if (milliseconds !== null) return Number(milliseconds);
  if (given === null) return 0;
  const seconds = Number(given);
  return Number.isNaN(seconds) ? Date.parse(given) - Date.now() : seconds * 1000;
}

async function checkJson(response: Response): Promise<void> {
  try {
    await response.json();
  } catch (cause) {
    throw new UnreadableReply('a reply that is no JSON', { cause });
  }
}
