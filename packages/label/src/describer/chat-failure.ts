import { ReplyTooLong } from '@fgam/data';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';

/**
 * What went wrong with a request. `busy` (429), `server` (5xx), `timeout`, `connection` and `unreadable` (a
 * reply that is no chat completion) are worth another try; `refused` (another 4xx) is not, and `denied` (401,
 * 403, 404) holds for every request.
 */
export type ChatFailureKind =
  | 'busy'
  | 'server'
  | 'timeout'
  | 'connection'
  | 'unreadable'
  | 'refused'
  | 'denied';

/** A request that failed. */
export class ChatFailure extends Error {
  readonly kind: ChatFailureKind;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfter: number | undefined;

  /**
   * @param kind - what went wrong
   * @param message - for the list of what was not described
   * @param options - `retryAfter` in milliseconds; the client's own error as `cause`
   */
  constructor(
    kind: ChatFailureKind,
    message: string,
    options: { readonly retryAfter?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryAfter = options.retryAfter;
  }
}

/** Whether another try may help. */
export function isRetried(kind: ChatFailureKind): boolean {
  return kind !== 'refused' && kind !== 'denied';
}

/** Whether the endpoint may have done (and billed) the work before it failed. */
export function mayBeBilled(kind: ChatFailureKind): boolean {
  return kind === 'timeout' || kind === 'unreadable';
}

/** The failure that an error of the client stands for; other errors are thrown on. */
export function chatFailureOf(error: unknown, now: number): ChatFailure {
  if (error instanceof APIConnectionTimeoutError)
    return new ChatFailure('timeout', 'no whole reply within the timeout', { cause: error });
  if (error instanceof APIConnectionError) {
    const { cause } = error as { readonly cause?: unknown };
    if (cause instanceof ReplyTooLong)
      return new ChatFailure('unreadable', `a reply of ${cause.message}`, { cause: error });
    return new ChatFailure('connection', `connection failed${codeOf(cause)}`, { cause: error });
  }
  // The body is read by then: what fails now is its JSON.
  if (error instanceof SyntaxError)
    return new ChatFailure('unreadable', 'a reply that is no JSON', { cause: error });
  if (!(error instanceof APIError)) throw error;
  const { status, headers } = error as APIError;
  const message = `HTTP ${status ?? '?'}`;
  const retryAfter = parseRetryAfter(headers?.get('retry-after') ?? undefined, now);
  return new ChatFailure(kindOf(status ?? 0), message, { retryAfter, cause: error });
}

function kindOf(status: number): ChatFailureKind {
  if (status === 429) return 'busy';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'server';
  return status === 401 || status === 403 || status === 404 ? 'denied' : 'refused';
}

/** `Retry-After` as milliseconds from `now`: seconds or an HTTP date; undefined where it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The system's code of a connection's error (`ECONNRESET`), somewhere down its causes. */
function codeOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('code' in each && typeof each.code === 'string') return `: ${each.code}`;
  return '';
}
