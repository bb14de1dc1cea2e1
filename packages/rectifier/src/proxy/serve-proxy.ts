import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenAt } from '@fgam/data';
import { getRequestListener } from '@hono/node-server';
import { rectifierError } from '../error.js';
import { createProxy } from './create-proxy.js';
import { hostNameOf, isLoopback, isOwnHost } from './own-host.js';
import { ProxyError } from './proxy-error.js';
import type { ProxyOptions } from './proxy-options.js';

/** Milliseconds that a request's headers may take. */
const HEADERS_TIMEOUT = 60_000;

/** Options of {@link serveProxy}. */
export interface ServeProxyOptions extends ProxyOptions {
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /**
   * Names of this server that a request's header `host` may have beside `localhost` and addresses, such as a reverse
   * proxy's. They are asked for only where it listens to this machine alone and asks for no keys.
   */
  readonly hostNames?: readonly string[];
}

/** A proxy that listens. */
export interface ServedProxy {
  /** Up to and with `/v1`. */
  readonly url: string;
  /** Whether it is reached from this machine alone. */
  readonly isLocal: boolean;
  /**
   * Stops to listen, lets what is under way finish, and frees all.
   *
   * @param graceMs - milliseconds after which the rest is ended. Default 30,000
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves a rectifying proxy (`createProxy`) over HTTP.
 *
 * @throws FgamError `rectifier/bad-config`; `rectifier/no-port` where the address can't be listened at
 * @example
 * ```ts
 * import { serveProxy } from '@fgam/rectifier/proxy';
 *
 * const proxy = await serveProxy({
 *   upstream: { baseUrl: 'http://127.0.0.1:9/v1' },
 *   critics: [{ name: 'content', critique: async (requests) => requests.map(() => ({ verdict: 'accept' })) }],
 * });
 * const reply = await fetch(new URL('/healthz', proxy.url));
 * if (!reply.ok) throw new Error(String(reply.status));
 * await reply.body?.cancel();
 * await proxy.close();
 * ```
 */
export async function serveProxy({
  host = '127.0.0.1',
  port = 0,
  hostNames = [],
  ...options
}: ServeProxyOptions): Promise<ServedProxy> {
  // The name in the URL that is told, which may be this machine's.
  const ownNames = [
    ...hostNames.map(checkedName),
    ...[hostNameOf(host)].filter((name) => name !== undefined),
  ];
  const proxy = createProxy(options);
  let isOpen = false;
  const answer: typeof proxy.fetch = (request, env) =>
    isOpen || isOwnHost(request.headers.get('host'), ownNames)
      ? proxy.fetch(request, env)
      : foreignHost().toResponse();
  // Or it would replace this process's own Request and Response.
  const listener = getRequestListener(answer, { overrideGlobalObjects: false });
  let isClosing = false;
  // How long a body may take is the proxy's own rule; that of the whole would be the default of headers, too.
  const limits = { requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT };
  const server = createServer(limits, (request, response) => void listener(request, response));
  server.on('request', (_, response) => {
    // A connection that is kept open would keep the server from ending.
    response.once('close', () => {
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  });
  try {
    const refusal = (message: string, cause: ErrorOptions): Error =>
      rectifierError('rectifier/no-port', `serveProxy: ${message}`, cause);
    await listenAt(server, { host, port, refusal });
  } catch (error) {
    await proxy.dispose();
    throw error;
  }
  const { address, port: bound } = server.address() as AddressInfo;
  const isLocal = isLoopback(address);
  isOpen = options.clientKeys !== undefined || !isLocal;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound}/v1`,
    isLocal,
    async close(graceMs = 30_000) {
      isClosing = true;
      proxy.drain();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const grace = setTimeout(() => {
        void proxy.dispose().then(() => setTimeout(() => server.closeAllConnections(), 100));
      }, graceMs);
      await closed;
      clearTimeout(grace);
      await proxy.dispose();
    },
  };
}

function checkedName(name: string): string {
  const checked = hostNameOf(name);
  if (checked !== undefined) return checked;
  throw rectifierError(
    'rectifier/bad-config',
    `serveProxy: expected names of hosts without a port in hostNames, got ${JSON.stringify(name)}`,
  );
}

function foreignHost(): ProxyError {
  const message = 'expected localhost or an address in the header host; other names are given by hostNames';
  return new ProxyError(403, { message, param: 'host', code: 'host_not_allowed' });
}
