import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { z } from 'zod';
import type { ChatBody } from './chat-request.js';
import { ProxyError } from './proxy-error.js';
import type { ProxySettings } from './proxy-options.js';
import { fetchReplies, openClient } from '../endpoint/open-client.js';
import { unlessAborted } from '@fgam/data';

const count = z.int().nonnegative();
const completionSchema = z.looseObject({
  id: z.string().optional(),
  model: z.string().optional(),
  created: z.number().optional(),
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined),
});

const modelsSchema = z.looseObject({ data: z.array(z.unknown()) });

/** A chat completion; fields that are not read stay in it. */
export type Completion = z.infer<typeof completionSchema>;

const COMPLETION = 'a chat completion';
const MODELS = 'a list of models';

/** How a try of the upstream ended. */
export type UpstreamOutcome = 'answered' | 'refused' | 'failed';

/** The model behind the proxy. */
export interface Upstream {
  /** Asks for a whole answer. @throws ProxyError by the upstream's status, 502 or 504; the signal's reason */
  complete(body: ChatBody, signal: AbortSignal): Promise<Completion>;
  /** Asks for a stream, which comes as it is. @throws as `complete`, before the stream begins */
  stream(body: ChatBody, signal: AbortSignal): Promise<Response>;
  /** The list of models, as it is. @throws as `complete` */
  models(signal: AbortSignal): Promise<object>;
}

/**
 * Opens the upstream through the `openai` client, whose tries and waits it takes.
 * @param onTry - told of each HTTP request's end
 */
export function createUpstream(
  upstream: ProxySettings['upstream'],
  onTry: (outcome: UpstreamOutcome) => void,
): Upstream {
  const { apiKey, model } = upstream;
  const counted =
    (inner: typeof fetch): typeof fetch =>
    async (input, init) => {
      try {
        const response = await inner(input, init);
        onTry(response.ok ? 'answered' : 'refused');
        return response;
      } catch (error) {
        onTry('failed');
        throw error;
      }
    };
  const fetchWhole = fetchReplies();
  const whole = openClient(
    upstream,
    counted(async (input, init) => {
      const response = await fetchWhole(input, init);
      // A broken reply is worth another try, which the client gives to connections that fail.
      if (response.ok && !(await isJson(response.clone()))) throw new WrongReply(response);
      return response;
    }),
  );
  const streamed = whole.withOptions({
    fetch: counted(async (input, init) => {
      const response = await fetch(input, init);
      if (!response.ok || !/^text\/html\b/i.test(typeOf(response))) return response;
      await response.body?.cancel();
      throw new WrongReply(response);
    }),
  });

  const ask = async <T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    asked = COMPLETION,
  ): Promise<T> => {
    signal.throwIfAborted();
    // The client keeps its listeners: they go on a signal of this call alone, and not on one of
    // `AbortSignal.any`, which Node keeps as long as it is listened to.
    const own = new AbortController();
    const leave = (): void => own.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await unlessAborted(call(own.signal), signal);
    } catch (error) {
      signal.removeEventListener('abort', leave);
      signal.throwIfAborted();
      throw upstreamErrorOf(error, asked, apiKey);
    }
  };
  const bodyOf = (body: ChatBody): ChatBody => (model === undefined ? body : { ...body, model });

  return {
    async complete(asked, signal) {
      const body = { ...bodyOf(asked), stream: undefined, stream_options: undefined };
      const json = await ask(
        (own) => whole.post<unknown>('/chat/completions', { body, signal: own }),
        signal,
      );
      const parsed = completionSchema.safeParse(json);
      if (!parsed.success) throw badGateway(`the upstream replied with something other than ${COMPLETION}`);
      return parsed.data;
    },
    stream: (body, signal) =>
      ask(
        (own) =>
          streamed.post('/chat/completions', { body: bodyOf(body), signal: own, stream: true }).asResponse(),
        signal,
      ),
    async models(signal) {
      const json = await ask((own) => whole.get<unknown>('/models', { signal: own }), signal, MODELS);
      const parsed = modelsSchema.safeParse(json);
      if (!parsed.success) throw badGateway(`the upstream replied with something other than ${MODELS}`);
      return parsed.data;
    },
  };
}

/** A reply that went well and is nothing that was asked for, such as the page of a wrong path. */
class WrongReply extends Error {
  constructor(response: Response) {
    super(`no JSON, its content type ${typeOf(response).slice(0, 40) || 'not given'}`);
  }
}

async function isJson(response: Response): Promise<boolean> {
  return response.json().then(
    () => true,
    () => false,
  );
}

function typeOf({ headers }: Response): string {
  return headers.get('content-type') ?? '';
}

const errorSchema = z.object({
  message: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  param: z.string().nullish().catch(undefined),
  code: z.coerce.string().nullish().catch(undefined),
});

/** A failure of the client as clients of the proxy are told it. */
function upstreamErrorOf(error: unknown, asked: string, apiKey: string | undefined): unknown {
  if (error instanceof APIConnectionTimeoutError)
    return new ProxyError(504, {
      message: 'the upstream did not answer in time',
      type: 'upstream_error',
      code: 'upstream_timeout',
    });
  if (error instanceof APIConnectionError && error.cause instanceof WrongReply)
    return badGateway(`the upstream replied with something other than ${asked}: ${error.cause.message}`);
  if (error instanceof APIConnectionError)
    return badGateway('the upstream could not be reached, or broke off');
  if (!(error instanceof APIError)) return error;
  const { status, message, headers } = error as APIError<number | undefined, Headers | undefined>;
  if (status === undefined) return badGateway('the upstream failed');
  // The proxy's own key is at fault, not the client's; some servers echo it.
  if (status === 401 || status === 403) return badGateway("the upstream refuses the proxy's key", status);
  const { data: said = {} } = errorSchema.safeParse((error as { readonly error?: unknown }).error);
  const words = said.message ?? message;
  const retryAfter = headers?.get('retry-after');
  return new ProxyError(
    status,
    {
      message: apiKey === undefined ? words : words.replaceAll(apiKey, '***'),
      type: said.type ?? 'upstream_error',
      param: said.param ?? null,
      code: said.code ?? null,
    },
    retryAfter ? { 'retry-after': retryAfter } : {},
  );
}

function badGateway(message: string, status?: number): ProxyError {
  const words = status === undefined ? message : `${message} (${status})`;
  return new ProxyError(502, { message: words, type: 'upstream_error', code: 'upstream_failed' });
}
