import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createImageFetcher, type ImageFetcher } from './image-fetcher.js';
import { isPublicAddress } from './public-address.js';

const { signal } = new AbortController();
let server: Server;
let fetcher: ImageFetcher;
let listener: RequestListener;
let seen: string[];
let port: number;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  // This machine's server stands for a public one.
  fetcher = createImageFetcher({
    maxBytes: 100,
    isAllowed: (address) => address === '127.0.0.1' || isPublicAddress(address),
  });
});
afterEach(async () => {
  await fetcher.close();
  server.closeAllConnections();
  server.close();
});

it('reads an image', async () => {
  listener = (_, response) => void response.end('image');
  expect(await fetcher.fetch(`http://127.0.0.1:${port}/a.png`, signal)).toEqual(Buffer.from('image'));
});

it('follows redirects to allowed addresses', async () => {
  listener = ({ url }, response) =>
    url === '/a' ? response.writeHead(302, { location: '/b' }).end() : response.end('image');
  expect(String(await fetcher.fetch(`http://127.0.0.1:${port}/a`, signal))).toBe('image');
});

it.each([
  'http://127.0.0.2:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.2]:PORT/',
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/',
  'http://0x7f000002:PORT/',
  'http://2130706434:PORT/',
  'http://127.2:PORT/',
])('follows no redirect to %s', async (location) => {
  listener = ({ url }, response) => {
    if (url !== '/a') return response.end('secret');
    return response.writeHead(302, { location: location.replace('PORT', String(port)) }).end();
  };
  await expect(fetcher.fetch(`http://127.0.0.1:${port}/a`, signal)).rejects.toMatchObject({
    ...{ status: 400, message: "the image's URL leads to an address that is not public" },
  });
  expect(seen).toEqual([`127.0.0.1:${port} /a`]);
});

it('follows no redirect to another scheme', async () => {
  listener = (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  await expect(fetcher.fetch(`http://127.0.0.1:${port}/`, signal)).rejects.toMatchObject({ status: 400 });
});

it('resolves a name once, and connects to what it checked', async () => {
  listener = (_, response) => void response.end('image');
  const asked: string[] = [];
  const judging = (verdict: boolean) =>
    createImageFetcher({
      maxBytes: 100,
      isAllowed: (address) => {
        asked.push(address);
        return verdict;
      },
    });
  const [open, closed] = [judging(true), judging(false)];
  const url = `http://localhost:${port}/`;
  expect(String(await open.fetch(url, signal))).toBe('image');
  expect(asked).toContain('127.0.0.1');
  expect(seen).toHaveLength(1);
  await expect(closed.fetch(url, signal)).rejects.toThrow('not public');
  expect(seen).toHaveLength(1);
  await Promise.all([open.close(), closed.close()]);
});

it.each([
  'file:///etc/passwd',
  'ftp://example.com/',
  'gopher://x',
  '/a.png',
  'http://',
  'http://me:pass@1.1.1.1/',
])('takes no %s', async (url) => {
  await expect(fetcher.fetch(url, signal)).rejects.toMatchObject({
    status: 400,
    body: { code: 'invalid_image_url' },
  });
});

it('reads so many bytes, whatever the server says', async () => {
  listener = (_, response) => {
    const more = setInterval(() => response.write('x'.repeat(60)), 2);
    response.on('close', () => clearInterval(more));
  };
  await expect(fetcher.fetch(`http://127.0.0.1:${port}/`, signal)).rejects.toThrow('more than 100 bytes');
});

it('takes nothing but 200', async () => {
  listener = (_, response) => void response.writeHead(404).end('x');
  await expect(fetcher.fetch(`http://127.0.0.1:${port}/`, signal)).rejects.toThrow('answered with 404');
});

it('ends when its request does', async () => {
  listener = () => {};
  const leaving = new AbortController();
  const fetched = fetcher.fetch(`http://127.0.0.1:${port}/`, leaving.signal);
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  leaving.abort(new Error('gone'));
  await expect(fetched).rejects.toThrow('gone');
});
