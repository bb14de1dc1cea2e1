import type { ServerResponse } from 'node:http';
import sharp from 'sharp';
import { afterEach, beforeEach } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';

/** Pictures of a pixel, each of another colour. */
export const PICTURES: readonly Uint8Array[] = await Promise.all(
  ['#f00', '#0f0', '#00f'].map((background) =>
    sharp({ create: { width: 1, height: 1, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);

/** A server for each test of a file. @param behaviour - what it does until a test says otherwise */
export function endpointTest(behaviour: Behaviour): { readonly server: ChatServer } {
  let server: ChatServer | undefined;
  beforeEach(async () => {
    server = await startChatServer(behaviour);
  });
  afterEach(() => server?.close());
  return {
    get server() {
      if (server === undefined) throw new Error('endpointTest: no test is running');
      return server;
    },
  };
}

/** Answers with an error that may be tried again at once. */
export function fail(response: ServerResponse, status: number, message = 'no', headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1', ...headers });
  response.end(JSON.stringify({ error: { message } }));
}
