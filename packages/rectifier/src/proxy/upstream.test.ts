import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { sendJson } from '../../../data/src/chat-server.test-support.js';
import { proxySettings } from './proxy-options.js';
import { strict } from './proxy.test-support.js';
import { createUpstream } from './upstream.js';

const { signal } = new AbortController();
/** What is read as the list of models of an upstream that replies with this JSON. */
async function modelsOf(json: unknown): Promise<unknown> {
  const server = createServer((_, response) => sendJson(response, json));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upstream = { baseUrl: `http://127.0.0.1:${port}/v1`, retries: 0 };
  const settings = proxySettings({ upstream, critics: [strict] });
  try {
    return await createUpstream(settings.upstream, () => {}).models(signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it.each([[null], ['models'], [3], [[{ id: 'tiny' }]], [{}], [{ data: null }], [{ data: { id: 'tiny' } }]])(
  'takes %o for no list of models',
  async (json) => {
    await expect(modelsOf(json)).rejects.toMatchObject({
      ...{ status: 502, message: 'the upstream replied with something other than a list of models' },
      body: { type: 'upstream_error', code: 'upstream_failed' },
    });
  },
);

it('hands a list of models on as it is', async () => {
  const list = { object: 'list', data: [{ id: 'tiny', object: 'model', owned_by: 'me' }], more: true };
  expect(await modelsOf(list)).toEqual(list);
  expect(await modelsOf({ data: [] })).toEqual({ data: [] });
});
