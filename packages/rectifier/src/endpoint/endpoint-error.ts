import { FgamError, ReplyTooLong } from '@fgam/data';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';

/** Codes of {@link EndpointError}: `endpoint-refused` holds for each such request, `endpoint-failed` may pass. */
export type EndpointErrorCode = 'rectifier/endpoint-failed' | 'rectifier/endpoint-refused';

/** A request that an endpoint did not answer, after all tries. */
export class EndpointError extends FgamError<EndpointErrorCode> {
  /** Of HTTP; undefined where no whole reply came. */
  readonly status: number | undefined;

  /**
   * @param code - whether another try may help
   * @param message - what was asked, what happened, what to do
   * @param options - the HTTP status; the error of a connection as `cause`
   */
  constructor(
    code: EndpointErrorCode,
    message: string,
    options: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.status = options.status;
  }
}

/** A reply that is no JSON, though its status says that all is well. */
export class UnreadableReply extends Error {}

/** Characters of an endpoint's own words in a message. */
const MOST_WORDS = 300;

/** What an error of the client means; errors of other kinds stay as they are. */
export function endpointErrorOf(error: unknown, asked: string, apiKey: string | undefined): unknown {
  if (error instanceof APIConnectionTimeoutError)
    return new EndpointError(
      'rectifier/endpoint-failed',
      `${asked}: no whole reply within the timeout; raise it, or ask for fewer tokens`,
      { cause: error },
    );
  if (error instanceof APIConnectionError)
    return new EndpointError(
      'rectifier/endpoint-failed',
      `${asked}: ${connectionFault((error as { readonly cause?: unknown }).cause)}`,
      { cause: error },
    );
  if (!(error instanceof APIError)) return error;
  const { status, message } = error as APIError;
  const isPassing =
    status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  return new EndpointError(
    isPassing ? 'rectifier/endpoint-failed' : 'rectifier/endpoint-refused',
    `${asked}: ${wordsOf(message, apiKey)}`,
    // Without its cause, which holds the endpoint's words as they came.
    { status },
  );
}

function connectionFault(cause: unknown): string {
  for (let each = cause; each instanceof Error; each = each.cause) {
    if (each instanceof ReplyTooLong) return `a reply of ${each.message}`;
    if (each instanceof UnreadableReply) return each.message;
    if ('code' in each && typeof each.code === 'string')
      return `the connection failed (${each.code}); is a server running there?`;
  }
  return 'the connection failed';
}

/** An endpoint's words for a terminal: without control characters, the key (some echo it) and the end of long ones. */
function wordsOf(message: string, apiKey: string | undefined): string {
  const plain = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]+/g, ' ');
  const safe = apiKey === undefined ? plain : plain.replaceAll(apiKey, '***');
  return safe.length > MOST_WORDS ? `${safe.slice(0, MOST_WORDS)}...` : safe;
}
