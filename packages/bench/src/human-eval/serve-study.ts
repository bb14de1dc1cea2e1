import { isIPv6 } from 'node:net';
import { listenAt } from '@fgam/data';
import { createAdaptorServer } from '@hono/node-server';
import { benchError } from '../error.js';
import { readPageFiles } from './page-files.js';
import { createRatingApp, type RatingAppOptions } from './rating-app.js';

/** Where a study is served. */
export interface ServeStudyOptions extends Omit<RatingAppOptions, 'page'> {
  /** Default 127.0.0.1: nobody but this machine. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** A study that is being served. */
export interface ServedStudy {
  readonly url: string;
  /** Each rater's link: whoever has it rates in that name. */
  readonly links: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/**
 * Serves a study's page. The store stays the caller's to close.
 *
 * @throws FgamError `bench/no-port` where the address can't be listened on
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createRatingStore, createStudy, serveStudy } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * const store = createRatingStore(join(await mkdtemp(join(tmpdir(), 'study-')), 'study.sqlite'), study);
 * const { url, links, close } = await serveStudy({ store });
 * const page = await fetch(url);
 * // Each rater has a link with a secret.
 * if (!page.ok || links.size !== 2 || links.get('anna') === links.get('ben')) throw new Error('not served');
 * await page.body?.cancel();
 * await close();
 * store.close();
 * ```
 */
export async function serveStudy(options: ServeStudyOptions): Promise<ServedStudy> {
  const { host = '127.0.0.1', port = 0, store } = options;
  const app = createRatingApp({ ...options, page: await readPageFiles() });
  // Or it would replace this process's own Request and Response.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  const refusal = (message: string, cause: ErrorOptions): Error =>
    benchError('bench/no-port', `serveStudy: ${message}`, cause);
  await listenAt(server, { host, port, refusal });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${bound}/`;
  return {
    url,
    // After the hash, which browsers keep to themselves.
    links: new Map([...store.tokens].map(([rater, token]) => [rater, `${url}#${token}`])),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
