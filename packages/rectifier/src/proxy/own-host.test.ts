import { expect, it } from 'vitest';
import { isLoopback, isOwnHost } from './own-host.js';

it.each([
  'localhost',
  'localhost:8080',
  'LOCALHOST',
  '127.0.0.1:8080',
  '[::1]:8080',
  '10.0.0.7',
  'proxy.example',
])('%s is a name of this server', (host) => expect(isOwnHost(host, ['Proxy.example'])).toBe(true));

it.each(['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', '', 'a b'])(
  '%j is none',
  (host) => expect(isOwnHost(host, ['proxy.example'])).toBe(false),
);

it('no header is none', () => expect(isOwnHost(null, [])).toBe(false));

it('knows what is reached from this machine alone', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].map(isLoopback)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
