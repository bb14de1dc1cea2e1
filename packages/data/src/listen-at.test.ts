import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { listenAt, type ListenOptions } from './listen-at.js';

const servers: Server[] = [];
const refusal = (message: string, options: ErrorOptions): Error => new RangeError(message, options);

/** A server that listens where it is told. */
async function listening(options: Omit<ListenOptions, 'refusal'>): Promise<Server> {
  const server = createServer();
  servers.push(server);
  await listenAt(server, { ...options, refusal });
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0).filter((each) => each.listening)) {
    server.close();
    await once(server, 'close');
  }
});

test('listens at a free port, and tells of one that is taken', async () => {
  const place = (await listening({ host: '127.0.0.1', port: 0 })).address();
  const port = typeof place === 'object' && place !== null ? place.port : 0;
  expect(port).toBeGreaterThan(0);
  const refused = listening({ host: '127.0.0.1', port, prefix: '--' });
  await expect(refused).rejects.toThrow(`port ${port} of 127.0.0.1 is in use; give another --port`);
  await expect(refused).rejects.toBeInstanceOf(RangeError);
});

test.each([
  ['an address of another machine', { host: '192.0.2.1', port: 0 }],
  ['a port that is none', { host: '127.0.0.1', port: 70_000 }],
])('tells of %s, with the reason as cause', async (_, options) => {
  const error: unknown = await listening(options).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(
    new RegExp(
      `expected to listen at ${options.host}, port ${options.port}, got .+; give another host or port`,
    ),
  );
  expect(error).toHaveProperty('cause.message');
});
