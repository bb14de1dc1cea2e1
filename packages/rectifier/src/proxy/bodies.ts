import { checkJsonSize } from './json-size.js';
import { badRequest, ProxyError, serverBusy } from './proxy-error.js';
import { within } from './within.js';

/** Milliseconds that a body may take in all, unless a single piece may take longer. */
const MOST_TIME = 300_000;

/** The bounds of bodies. */
export interface BodyLimits {
  /** Bytes of a body. */
  readonly maxBody: number;
  /** Bytes of all that wait or are worked on. */
  readonly maxBodyMemory: number;
  /** Milliseconds until each piece of a body is there. */
  readonly timeout: number;
}

/** A body that is held. */
export interface HeldBody {
  readonly json: unknown;
  /** Makes room for others; to be called once. */
  readonly release: () => void;
}

/**
 * Reads bodies of requests. Bytes count as they come, whatever length a client claims. Bodies are read before a
 * request waits for its turn: a slow client keeps nobody from working, and Node notices that a client has left only
 * once its body is read.
 *
 * @returns reads a body; it throws ProxyError 400 for what is no JSON, 408 for one that does not come, 413 for one
 *   that is too large, 429 where there is no room
 */
export function createBodies({
  maxBody,
  maxBodyMemory,
  timeout,
}: BodyLimits): (request: Request) => Promise<HeldBody> {
  let held = 0;
  return async ({ headers, body }) => {
    if (Number(headers.get('content-length')) > maxBody) throw tooLarge(maxBody);
    let own = 0;
    const take = (bytes: number): void => {
      if (own + bytes > maxBody) throw tooLarge(maxBody);
      if (held + bytes > maxBodyMemory) throw serverBusy();
      own += bytes;
      held += bytes;
    };
    const release = (): void => {
      held -= own;
    };
    try {
      return { json: parse(await readText(body, take, timeout)), release };
    } catch (error) {
      release();
      throw error instanceof ProxyError ? error : badRequest('the body broke off', null);
    }
  };
}

/** A body's text. @param take - told of the bytes of each piece @param timeout - milliseconds until each is there */
async function readText(
  body: Request['body'],
  take: (bytes: number) => void,
  timeout: number,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  const reader = (body as ReadableStream<Uint8Array> | null)?.getReader();
  const end = performance.now() + Math.max(MOST_TIME, timeout);
  try {
    while (reader !== undefined) {
      const left = Math.max(1, Math.min(timeout, end - performance.now()));
      const piece = await within(reader.read(), left, tooSlow);
      if (piece.done) break;
      take(piece.value.length);
      pieces.push(piece.value);
    }
  } catch (error) {
    // What is still to come is not waited for.
    reader?.cancel().catch(() => {});
    throw error;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function tooLarge(maxBody: number): ProxyError {
  const message = `expected a body of ${maxBody} bytes at most`;
  return new ProxyError(413, { message, code: 'request_too_large' });
}

function tooSlow(): ProxyError {
  const message = 'the request came too slowly, or not whole';
  return new ProxyError(408, { message, code: 'request_timeout' }, { connection: 'close' });
}

function parse(text: string): unknown {
  // Before it is parsed: what is deep or of many parts takes seconds, in which nobody else is served.
  checkJsonSize(text);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('expected a body of JSON', null, 'invalid_json');
  }
}
