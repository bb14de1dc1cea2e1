import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.js';

const never = new Promise<string>(() => {});

test('what ends in time is given as it is, and the signal is let go', async () => {
  const { signal } = new AbortController();
  await expect(unlessAborted(Promise.resolve('done'), signal)).resolves.toBe('done');
  await expect(unlessAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a signal ends the wait with its reason, whatever the work does', async () => {
  const controller = new AbortController();
  const waited = unlessAborted(never, controller.signal);
  controller.abort(new Error('left'));
  await expect(waited).rejects.toThrow('left');
});

test('one that has aborted before ends it at once, and a failure that comes later harms nobody', async () => {
  let fail: (error: Error) => void = () => {};
  const late = new Promise<string>((_, reject) => {
    fail = reject;
  });
  await expect(unlessAborted(late, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  fail(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve));
});
