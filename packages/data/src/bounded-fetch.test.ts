import { afterEach, expect, it, vi } from 'vitest';
import { boundedFetch } from './bounded-fetch.js';

afterEach(() => void vi.unstubAllGlobals());

it('gives headers that its caller may change, whatever Response the process has', async () => {
  // As a server's adapter may put in the place of Node's: it keeps the headers that it is given.
  vi.stubGlobal(
    'Response',
    class {
      readonly headers: Headers;
      constructor(
        readonly body: unknown,
        { headers }: { readonly headers: Headers },
      ) {
        this.headers = headers;
      }
    },
  );
  const { headers } = await boundedFetch(9)('data:text/plain,text');
  headers.set('x-should-retry', 'false');
  expect(headers.get('content-type')).toContain('text/plain');
});
