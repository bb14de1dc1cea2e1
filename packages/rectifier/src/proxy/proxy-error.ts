/** Seconds after which a client that was sent away may come again. */
const RETRY_AFTER = 1;

/** What OpenAI's API says of a failure. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A failure that a client is told of, by its HTTP status. */
export class ProxyError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status - of HTTP
   * @param body - the message and what it has beside it; `type` by the status where none is given
   * @param headers - such as `retry-after`
   */
  constructor(
    status: number,
    { type = typeOf(status), param = null, code = null, ...body }: Partial<ErrorBody> & { message: string },
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = { ...body, type, param, code };
    this.headers = headers;
  }

  /** As an HTTP response, in OpenAI's form. */
  toResponse(): Response {
    return Response.json({ error: this.body }, { status: this.status, headers: this.headers });
  }
}

/** A request that is at fault itself. */
export function badRequest(message: string, param: string | null, code: string | null = null): ProxyError {
  return new ProxyError(400, { message, param, code });
}

/** A request for which there is no room now. */
export function serverBusy(): ProxyError {
  const message = 'too many requests at a time; try again later';
  return new ProxyError(429, { message, code: 'server_busy' }, { 'retry-after': String(RETRY_AFTER) });
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
