/** The error of a response longer than the limit. */
export class ReplyTooLong extends Error {}

/**
 * `fetch` that has read the whole body when it returns, `limit` bytes at most: so the client's timeout holds
 * for the body too, and no server fills the memory.
 *
 * @param limit - most bytes of a body
 * @returns a `fetch` that rejects with `ReplyTooLong` for a longer body
 * @example
 * ```ts
 * import { boundedFetch, ReplyTooLong } from '@fgam/data';
 * const fetchShort = boundedFetch(4);
 * const reply = await fetchShort('data:text/plain,four');
 * if ((await reply.text()) !== 'four') throw new Error('expected the whole body');
 * const error: unknown = await fetchShort('data:text/plain,fives').catch((error: unknown) => error);
 * if (!(error instanceof ReplyTooLong)) throw new Error('expected 5 bytes to be refused');
 * ```
 */
export function boundedFetch(limit: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const parts: Uint8Array[] = [];
    let length = 0;
    // Leaving the loop by an error cancels the stream.
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += part.byteLength;
      if (length > limit) throw new ReplyTooLong(`more than ${limit} bytes`);
      parts.push(part);
    }
    const { status, statusText } = response;
    // The caller's own, to be changed: another Response than Node's may keep those it is given.
    const headers = new Headers(response.headers);
    // Null-body statuses take no body, not even an empty one.
    return new Response(length > 0 ? Buffer.concat(parts) : null, { status, statusText, headers });
  };
}
