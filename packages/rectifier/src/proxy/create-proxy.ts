import { type Context, Hono } from 'hono';
import { answerChat, type AnswerParts } from './answer-chat.js';
import { createBodies } from './bodies.js';
import { readChatRequest } from './chat-request.js';
import { createKeyCheck } from './client-keys.js';
import { createImageFetcher } from './image-fetcher.js';
import { createJobs } from './jobs.js';
import { ProxyError, serverBusy } from './proxy-error.js';
import { createMetrics } from './proxy-metrics.js';
import { type ProxyOptions, proxySettings } from './proxy-options.js';
import { createSlots } from './slots.js';
import { createRedactor } from './redact-keys.js';
import { streamAnswer, streamThrough } from './stream-chat.js';
import { createTrajectoryStore } from './trajectory-store.js';
import { createUpstream } from './upstream.js';

/** A rectifying proxy, as a handler of requests. */
export interface RectifyingProxy {
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
  /** Refuses what comes from now on with 503. */
  drain(): void;
  /** Ends what is under way with 503, and frees connections. Critics stay open: they are the caller's. */
  dispose(): Promise<void>;
}

/**
 * An OpenAI-compatible server in front of another, which rectifies what that one answers about an image.
 * `serveProxy` listens; this is for servers of your own (any that speak `Request` and `Response`).
 *
 * `POST /v1/chat/completions` (streaming and not), `GET /v1/models`,
 * `GET /v1/fgam/trajectories/:id`, `/healthz`, `/metrics`. The field `fgam` of a request says how it
 * is rectified, that of a reply what was done.
 *
 * @throws FgamError `rectifier/bad-config` naming every fault of the options
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { createProxy } from '@fgam/rectifier/proxy';
 *
 * const critic: Critic = {
 *   name: 'content',
 *   critique: async (requests) => requests.map(() => ({ verdict: 'accept' })),
 * };
 * const proxy = createProxy({ upstream: { baseUrl: 'http://127.0.0.1:9/v1' }, critics: [critic] });
 * const { status } = await proxy.fetch(new Request('http://localhost/healthz'));
 * if (status !== 200) throw new Error(String(status));
 * await proxy.dispose();
 * ```
 */
export function createProxy(options: ProxyOptions): RectifyingProxy {
  const settings = proxySettings(options);
  const { maxConcurrent, maxQueued, maxImageBytes, allowImageFetch, clientTimeout } = settings;
  const { upstream: place } = settings;
  const slots = createSlots(maxConcurrent, maxQueued);
  const metrics = createMetrics(slots);
  const jobs = createJobs(slots, (seconds) => metrics.seconds.observe(seconds));
  const upstream = createUpstream(place, (outcome) => metrics.upstreamCalls.inc({ outcome }));
  const fetcher = allowImageFetch ? createImageFetcher({ maxBytes: maxImageBytes }) : undefined;
  const store = createTrajectoryStore(settings.maxTrajectories);
  const checkKey = createKeyCheck(settings.clientKeys);
  const readBody = createBodies({ ...settings, timeout: clientTimeout });
  let isClosing = false;

  const redact = createRedactor([place.apiKey ?? [], settings.clientKeys ?? []].flat());
  const partsOf = ({ req }: Context): AnswerParts => ({
    ...{ settings, upstream, metrics, store, fetcher },
    log: (line) => settings.log(redact(line, req.header('authorization'))),
  });

  const failureOf = (error: unknown, c: Context): ProxyError => {
    if (error instanceof ProxyError) return error;
    partsOf(c).log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return new ProxyError(500, { message: 'the proxy failed', code: 'internal_error' });
  };

  const app = new Hono();
  app.onError((error, c) => failureOf(error, c).toResponse());
  app.notFound((c) => unansweredOf(c).toResponse());
  app.use(async (c, next) => {
    await next();
    if (isClosing) c.header('connection', 'close');
    metrics.requests.inc({ route: routeOf(c), status: String(c.res.status) });
  });
  app.get('/healthz', (c) => c.json({ status: isClosing ? 'closing' : 'ok' }, isClosing ? 503 : 200));
  app.get('/metrics', async (c) =>
    c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  app.use('/v1/*', async (c, next) => {
    if (isClosing) throw closing();
    checkKey(c.req.header('authorization'));
    await next();
  });
  app.get('/v1/models', async (c) => Response.json(await upstream.models(c.req.raw.signal)));
  app.get('/v1/fgam/trajectories/:id', (c) => {
    const json = store.read(c.req.param('id'));
    if (json === undefined)
      throw new ProxyError(404, { message: 'no such trajectory, or no longer', code: 'not_found' });
    return c.body(json, 200, { 'content-type': 'application/json' });
  });
  app.post('/v1/chat/completions', async (c) => {
    // A page of another site could send other types without asking first.
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
      throw new ProxyError(415, { message: 'expected content-type: application/json' });
    if (slots.isFull()) throw serverBusy();
    const { json, release } = await readBody(c.req.raw);
    const job = await jobs.begin(c.req.raw.signal, release);
    try {
      const request = readChatRequest(json);
      const { stream, stream_options: streamOptions } = request.body;
      const answer = await answerChat(request, partsOf(c), job.signal);
      const isUsageAsked = streamOptions?.include_usage === true;
      const streaming = { job, clientTimeout };
      // The job ends with the stream then, which goes on after this.
      if (answer.kind === 'stream')
        return streamThrough(c, answer, { ...streaming, upstreamTimeout: place.timeout });
      if (stream)
        return streamAnswer(c, answer, {
          ...{ ...streaming, isUsageAsked },
          failureOf: (error) => failureOf(error, c),
        });
      const { completion, fgam } = await answer.finish(() => {});
      job.end();
      return Response.json({ ...completion, fgam });
    } catch (error) {
      job.end();
      throw error;
    }
  });

  return {
    fetch: (request, env) => app.fetch(request, env),
    drain: () => {
      isClosing = true;
    },
    async dispose() {
      isClosing = true;
      jobs.abort(closing());
      await fetcher?.close();
    },
  };
}

function closing(): ProxyError {
  return new ProxyError(503, { message: 'the server is shutting down', code: 'shutting_down' });
}

/** What each path takes. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/healthz': ['GET', 'HEAD'],
  '/metrics': ['GET', 'HEAD'],
  '/v1/models': ['GET', 'HEAD'],
  '/v1/chat/completions': ['POST'],
  '/v1/fgam/trajectories/:id': ['GET', 'HEAD'],
};

/** The path of a request, without what a client made up. */
function routeOf({ req: { path } }: Context): string {
  if (/^\/v1\/fgam\/trajectories\/[^/]+$/.test(path)) return '/v1/fgam/trajectories/:id';
  return Object.hasOwn(METHODS, path) ? path : 'other';
}

/** Why no route takes a request: its method, or its path. */
function unansweredOf(c: Context): ProxyError {
  const { method } = c.req;
  const methods = METHODS[routeOf(c)];
  if (methods === undefined) return new ProxyError(404, { message: 'no such path', code: 'not_found' });
  return new ProxyError(
    405,
    { message: `expected ${methods.join(' or ')}, got ${method}`, code: 'method_not_allowed' },
    { allow: methods.join(', ') },
  );
}
