import { badRequest, ProxyError, serverBusy } from './proxy-error.js';
import { within } from './within.js';

/** Levels of objects and lists in a body; what is deeper could not be written again. */
const MOST_DEPTH = 100;

/** The bounds of bodies. */
export interface BodyLimits {
  /** Bytes of a body. */
  readonly maxBody: number;
  /** Bytes of all that wait or are worked on. */
  readonly maxBodyMemory: number;
  /** Milliseconds until a body is there. */
  readonly timeout: number;
}

/** A body that is held. */
export interface HeldBody {
  readonly json: unknown;
  /** Makes room for others; to be called once. */
  readonly release: () => void;
}

/**
 * Reads bodies of requests, as many bytes at a time as memory goes; one whose length is not said counts as the
 * longest. They are read before a request waits for its turn: a slow client keeps nobody from working, and Node
 * notices that a client has left only once its body is read.
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
  return async (request) => {
    const { headers } = request;
    const isSaid = headers.has('content-length') && !headers.has('transfer-encoding');
    const length = isSaid ? Number(headers.get('content-length')) : maxBody;
    if (length > maxBody) throw tooLarge(maxBody);
    if (held + length > maxBodyMemory) throw serverBusy();
    held += length;
    const release = (): void => {
      held -= length;
    };
    try {
      const text = await within(readText(request, maxBody), timeout, () => tooSlow(timeout));
      return { json: parse(text), release };
    } catch (error) {
      release();
      throw error instanceof ProxyError ? error : badRequest('the body broke off', null);
    }
  };
}

async function readText({ body }: Request, maxBody: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxBody) throw tooLarge(maxBody);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function tooLarge(maxBody: number): ProxyError {
  const message = `expected a body of ${maxBody} bytes at most`;
  return new ProxyError(413, { message, code: 'request_too_large' });
}

function tooSlow(timeout: number): ProxyError {
  const message = `expected the whole request within ${timeout} ms`;
  return new ProxyError(408, { message, code: 'request_timeout' }, { connection: 'close' });
}

function parse(text: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badRequest('expected a body of JSON', null, 'invalid_json');
  }
  if (!isWithin(json, MOST_DEPTH))
    throw badRequest(`expected JSON of ${MOST_DEPTH} levels at most`, null, 'invalid_json');
  return json;
}

/** Whether a value has so many levels at most. */
function isWithin(json: unknown, most: number): boolean {
  let level: readonly unknown[] = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return false;
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return true;
}
