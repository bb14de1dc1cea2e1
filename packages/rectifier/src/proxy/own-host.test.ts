import { expect, it } from 'vitest';
import { hostNameOf, isLoopback, isOwnHost } from './own-host.js';

it.each([
  'localhost',
  'localhost:8080',
  'LOCALHOST',
  '127.0.0.1:8080',
  '[::1]:8080',
  '10.0.0.7',
  'proxy.example',
])('%s is a name of this server', (host) => expect(isOwnHost(host, ['proxy.example'])).toBe(true));

it.each(['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', '', 'a b'])(
  '%j is none',
  (host) => expect(isOwnHost(host, ['proxy.example'])).toBe(false),
);

it('no header is none', () => expect(isOwnHost(null, [])).toBe(false));

it('knows what is reached from this machine alone', () => {
  const own = ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'];
  expect(own.filter((address) => !isLoopback(address))).toEqual([]);
  const others = ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', '::ffff:10.0.0.1'];
  expect(others.filter(isLoopback)).toEqual([]);
});

it('knows names as URLs have them, and what is none', () => {
  expect(['Proxy.example', 'münchen.example'].map(hostNameOf)).toEqual([
    'proxy.example',
    'xn--mnchen-3ya.example',
  ]);
  const others = ['proxy.example:8443', 'http://proxy.example', 'a/b', 'user@proxy.example', ''];
  expect(others.map(hostNameOf)).toEqual(others.map(() => undefined));
});
