import type { Context } from 'hono';
import { stream, streamSSE } from 'hono/streaming';
import type { ChatAnswer } from './answer-chat.js';
import { completionChunks, eventChunk } from './chat-chunks.js';
import type { Job } from './jobs.js';
import { ProxyError } from './proxy-error.js';

/** What a stream goes by. */
export interface StreamOptions {
  readonly job: Job;
  readonly isUsageAsked: boolean;
  /** Turns any failure into one that a client may be told of. */
  readonly failureOf: (error: unknown) => ProxyError;
}

/** Streams an answer: each round as it happens, then the final answer's chunks. The job ends with the stream. */
export function streamAnswer(
  c: Context,
  { first, finish }: Extract<ChatAnswer, { kind: 'answer' }>,
  { job, isUsageAsked, failureOf }: StreamOptions,
): Response {
  return streamSSE(c, async (out) => {
    const send = (data: object | string): Promise<unknown> =>
      out.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    try {
      const { completion, fgam } = await finish((event) => {
        // The report at the end says the same.
        if (event.type !== 'stop') void send(eventChunk(first, event));
      });
      for (const chunk of completionChunks(completion, fgam, isUsageAsked)) await send(chunk);
      await send('[DONE]');
    } catch (error) {
      if (!isGone(job.signal)) await send({ error: failureOf(error).body });
    } finally {
      job.end();
    }
  });
}

/** Hands an upstream's own stream on. @param timeout - milliseconds between two pieces of it */
export function streamThrough(
  c: Context,
  { stream: upstream, reason }: Extract<ChatAnswer, { kind: 'stream' }>,
  { job, timeout }: Pick<StreamOptions, 'job'> & { readonly timeout: number },
): Response {
  c.header('content-type', upstream.headers.get('content-type') ?? 'text/event-stream');
  c.header('cache-control', 'no-cache');
  c.header('x-fgam-unrectified', reason);
  return stream(c, async (out) => {
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = upstream.body?.getReader();
    let failure: ProxyError | undefined;
    const idle = setTimeout(() => {
      failure = upstreamFailure(504, 'the upstream fell silent', 'upstream_timeout');
      void reader?.cancel();
    }, timeout);
    try {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        idle.refresh();
        await out.write(part.value);
      }
    } catch {
      const reason: unknown = job.signal.reason;
      failure =
        reason instanceof ProxyError
          ? reason
          : upstreamFailure(502, 'the upstream broke off', 'upstream_failed');
    } finally {
      if (failure !== undefined && !isGone(job.signal))
        await out.write(`data: ${JSON.stringify({ error: failure.body })}\n\n`);
      clearTimeout(idle);
      job.end();
    }
  });
}

function upstreamFailure(status: number, message: string, code: string): ProxyError {
  return new ProxyError(status, { message, type: 'upstream_error', code });
}

/** Whether the client is no longer there to be told. */
function isGone({ reason }: AbortSignal): boolean {
  return reason instanceof ProxyError && reason.status === 499;
}
