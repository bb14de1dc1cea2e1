import { describe, expect, it } from 'vitest';
import { ChatFailure, parseRetryAfter } from './chat-failure.js';
import { withRetries } from './with-retries.js';

const options = { retries: 4, baseDelay: 100, maxDelay: 500, maxRetryAfter: 10_000 };

/** Fails as told; the waits between tries. */
async function waitsOf(failures: readonly ChatFailure[], random = 1) {
  const waits: number[] = [];
  const clock = {
    now: () => 0,
    random: () => random,
    sleep: async (wait: number) => void waits.push(wait),
  };
  const left = [...failures];
  const call = async () => {
    const failure = left.shift();
    if (failure) throw failure;
    return 'done';
  };
  const result = await withRetries(call, options, clock).catch((error: Error) => error.message);
  return { result, waits };
}
const busy = (retryAfter?: number) => new ChatFailure('busy', 'HTTP 429', { retryAfter });

describe('withRetries', () => {
  it('doubles the wait up to its most, and jitters it by half', async () => {
    const failures = Array.from({ length: 4 }, () => busy());
    expect(await waitsOf(failures)).toEqual({ result: 'done', waits: [100, 200, 400, 500] });
    expect(await waitsOf(failures, 0)).toEqual({ result: 'done', waits: [50, 100, 200, 250] });
  });

  it('waits as long as Retry-After asks, and gives up where that is too long', async () => {
    expect(await waitsOf([busy(7000), busy(10)])).toEqual({ result: 'done', waits: [7000, 200] });
    expect(await waitsOf([busy(20_000)])).toEqual({ result: 'HTTP 429', waits: [] });
  });

  it('gives up after its retries, and at once where a retry does not help', async () => {
    const { result, waits } = await waitsOf(Array.from({ length: 9 }, () => busy()));
    expect(result).toBe('HTTP 429');
    expect(waits).toHaveLength(4);
    expect(await waitsOf([new ChatFailure('refused', 'HTTP 400')])).toEqual({
      result: 'HTTP 400',
      waits: [],
    });
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3000],
    ['0.5', 500],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
