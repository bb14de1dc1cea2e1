import type { Context } from 'hono';

/** Bytes of all bodies that wait. */
const MOST_BYTES = 2 ** 27;

/**
 * Reads bodies of requests that wait, as far as their lengths are known and memory goes: Node notices that a
 * client has left only once its body is read.
 *
 * @param maxBody - bytes of a body at most; a longer one stays unread
 * @returns begins to read; what it returns forgets the bytes
 */
export function createReadAhead(maxBody: number): (c: Context) => () => void {
  let held = 0;
  return (c) => {
    const length = Number(c.req.header('content-length'));
    const isKnown = c.req.header('transfer-encoding') === undefined && length <= maxBody;
    if (!isKnown || held + length > MOST_BYTES) return () => {};
    held += length;
    // What breaks off is refused when its turn comes.
    c.req.arrayBuffer().catch(() => {});
    return () => {
      held -= length;
    };
  };
}
