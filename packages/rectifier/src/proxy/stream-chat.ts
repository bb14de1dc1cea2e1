import type { Context } from 'hono';
import { stream, streamSSE } from 'hono/streaming';
import type { ChatAnswer } from './answer-chat.js';
import { type ChatChunk, completionChunks, eventChunk } from './chat-chunks.js';
import type { Job } from './jobs.js';
import { ProxyError } from './proxy-error.js';
import { within } from './within.js';

/** What a stream goes by. */
export interface StreamOptions {
  readonly job: Job;
  /** Milliseconds that a client may take to take a piece. */
  readonly clientTimeout: number;
}

/** Streams an answer: each round as it happens, then the final answer's chunks. The job ends with the stream. */
export function streamAnswer(
  c: Context,
  { first, finish }: Extract<ChatAnswer, { kind: 'answer' }>,
  {
    isUsageAsked,
    failureOf,
    ...options
  }: StreamOptions & {
    readonly isUsageAsked: boolean;
    /** Turns any failure into one that a client may be told of. */
    readonly failureOf: (error: unknown) => ProxyError;
  },
): Response {
  return streamSSE(c, (out) =>
    writing(c, out, options, async (write) => {
      const send = (data: object | string): Promise<unknown> =>
        write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
      // In OpenAI's form all chunks with a choice have a usage of null.
      const sendChunk = (chunk: ChatChunk): Promise<unknown> =>
        send(isUsageAsked ? { usage: null, ...chunk } : chunk);
      try {
        const { completion, fgam } = await finish((event) => {
          // The report at the end says the same. What the client does not take, it does not take of the end either.
          if (event.type !== 'stop') sendChunk(eventChunk(first, event)).catch(() => {});
        });
        for (const chunk of completionChunks(completion, fgam, isUsageAsked)) await sendChunk(chunk);
        await send('[DONE]');
      } catch (error) {
        if (hasLeft(error)) throw error;
        await send({ error: failureOf(error).body });
      }
    }),
  );
}

/** Hands an upstream's own stream on. @param options - `upstreamTimeout`: milliseconds between two pieces of it */
export function streamThrough(
  c: Context,
  { stream: upstream, reason }: Extract<ChatAnswer, { kind: 'stream' }>,
  { upstreamTimeout, ...options }: StreamOptions & { readonly upstreamTimeout: number },
): Response {
  c.header('content-type', upstream.headers.get('content-type') ?? 'text/event-stream');
  c.header('cache-control', 'no-cache');
  c.header('x-fgam-unrectified', reason);
  const fellSilent = (): ProxyError => upstreamFailure(504, 'the upstream fell silent', 'upstream_timeout');
  return stream(c, (out) =>
    writing(c, out, options, async (write) => {
      const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = upstream.body?.getReader();
      try {
        for (;;) {
          const piece = await (reader && within(reader.read(), upstreamTimeout, fellSilent));
          if (piece === undefined || piece.done) break;
          await write(piece.value);
        }
      } catch (error) {
        // What broke off can't be cancelled, and need not be.
        reader?.cancel().catch(() => {});
        const known = [options.job.signal.reason as unknown, error].find(
          (each) => each instanceof ProxyError,
        );
        const failure = known ?? upstreamFailure(502, 'the upstream broke off', 'upstream_failed');
        if (hasLeft(failure)) throw failure;
        await write(`data: ${JSON.stringify({ error: failure.body })}\n\n`);
      }
    }),
  );
}

/** Writes to a client while it takes what is written; of one that does not, the connection is closed. */
async function writing(
  c: Context,
  out: { write(data: string | Uint8Array): Promise<unknown> },
  { job, clientTimeout }: StreamOptions,
  work: (write: (data: string | Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const stalled = (): ProxyError =>
    new ProxyError(499, { message: `the client took nothing for ${clientTimeout} ms` });
  try {
    await work(async (data) => {
      if (hasLeft(job.signal.reason)) job.signal.throwIfAborted();
      await within(out.write(data), clientTimeout, stalled);
    });
  } catch (error) {
    if (!hasLeft(error)) throw error;
    // Node's servers have it; others notice that nothing comes.
    (c.env as { readonly outgoing?: { destroy(): void } } | undefined)?.outgoing?.destroy();
  } finally {
    job.end();
  }
}

function upstreamFailure(status: number, message: string, code: string): ProxyError {
  return new ProxyError(status, { message, type: 'upstream_error', code });
}

/** Whether it says that the client is no longer there to be told. */
function hasLeft(reason: unknown): boolean {
  return reason instanceof ProxyError && reason.status === 499;
}
