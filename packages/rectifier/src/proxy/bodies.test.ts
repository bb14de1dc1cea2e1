import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createBodies } from './bodies.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A request whose body is written piece by piece. */
function openRequest(headers: Readonly<Record<string, string>> = {}) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const init = { method: 'POST', body: readable, headers, duplex: 'half' } as const;
  return {
    request: new Request('http://localhost', init),
    write: (text: string) => writer.write(Buffer.from(text)),
    end: () => writer.close(),
  };
}

const bodies = () => createBodies({ maxBody: 100, maxBodyMemory: 150, timeout: 1000 });

it('waits for a body as long as it comes, and no longer', async () => {
  const slow = openRequest();
  const read = bodies()(slow.request);
  for (const piece of ['{"a"', ':', '1', '}']) {
    await slow.write(piece);
    await vi.advanceTimersByTimeAsync(900);
  }
  await slow.end();
  expect((await read).json).toEqual({ a: 1 });

  const stalled = openRequest();
  const late = expect(bodies()(stalled.request)).rejects.toMatchObject({ status: 408 });
  await stalled.write('{');
  await vi.advanceTimersByTimeAsync(1001);
  await late;
});

it('ends a body that drips', async () => {
  const dripping = openRequest();
  const late = expect(bodies()(dripping.request)).rejects.toMatchObject({ status: 408 });
  for (let second = 0; second <= 300; second += 1) {
    await Promise.race([dripping.write(' ').catch(() => {}), vi.advanceTimersByTimeAsync(990)]);
    await vi.advanceTimersByTimeAsync(990);
  }
  await late;
});

it('has room for what has come, not for what is claimed, and again once it is released', async () => {
  const read = bodies();
  const claims = ['1', '2', '3'].map(() => openRequest({ 'content-length': '100' }));
  for (const { request } of claims) void read(request).catch(() => {});
  const text = `"${'x'.repeat(90)}"`;
  const first = await read(new Request('http://localhost', { method: 'POST', body: text }));
  const refused = read(new Request('http://localhost', { method: 'POST', body: text }));
  await expect(refused).rejects.toMatchObject({ status: 429 });
  first.release();
  const second = await read(new Request('http://localhost', { method: 'POST', body: text }));
  expect(second.json).toHaveLength(90);
});
