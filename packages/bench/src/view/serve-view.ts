import { once } from 'node:events';
import { createServer } from 'node:http';
import { listenAt } from '@fgam/data';
import { getRequestListener } from '@hono/node-server';
import { benchError } from '../error.js';
import { createViewApp } from './create-view-app.js';
import type { ViewSource } from './view-source.js';

/** A viewer that listens. */
export interface ViewServer {
  /** Where the page is, such as `http://127.0.0.1:40123/`. */
  readonly url: string;
  /** Ends it, open connections too. */
  readonly close: () => Promise<void>;
}

/** Only programs of this machine reach it. */
const LOOPBACK = '127.0.0.1';

/**
 * Serves the viewer's page on the loopback address, read-only, and answers only requests for that
 * address by its own names.
 *
 * @param options - `port`: default 0, a free one
 * @throws FgamError `bench/bad-input` where the port is taken or not allowed
 * @example
 * ```ts
 * import { answersSource, serveView } from '@fgam/bench/view';
 *
 * const answers = [{ id: 'q', answer: 'yes' }];
 * const server = await serveView(answersSource({ title: 'one', answers }));
 * const reply = await fetch(new URL('/api/rows', server.url));
 * if (!(await reply.text()).includes('"total":1')) throw new Error('no row');
 * await server.close();
 * ```
 */
export async function serveView(
  source: ViewSource,
  options: { readonly port?: number } = {},
): Promise<ViewServer> {
  let hosts: ReadonlySet<string> = new Set();
  const app = await createViewApp(source, { hosts: () => hosts });
  // Or it would replace this process's own Request and Response.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, reply) => void listener(request, reply));
  const refusal = (message: string, cause: ErrorOptions): Error =>
    benchError('bench/bad-input', `serveView: ${message}`, cause);
  try {
    await listenAt(server, { host: LOOPBACK, port: options.port ?? 0, refusal });
  } catch (error) {
    source.close();
    throw error;
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address');
  // A browser leaves HTTP's own port out.
  const port = address.port === 80 ? '' : `:${address.port}`;
  hosts = new Set([LOOPBACK, 'localhost'].map((name) => `${name}${port}`));
  return {
    url: `http://${LOOPBACK}:${address.port}/`,
    close: async () => {
      source.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
