import { isFgamError } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { PortError } from '../error.js';
import { callPort } from './call-port.js';
import type { RequestState } from './request-state.js';

const states = (count: number) =>
  Array.from(
    { length: count },
    (_, i): RequestState => ({
      request: { id: `q${i}`, image: 'i', question: 'q' },
      attempts: [],
      tokens: 0,
    }),
  );
const port = { name: 'llava', answer: async () => [] };
const call = <T>(count: number, made: () => Promise<readonly T[]>, signal?: AbortSignal) =>
  callPort('answerer', port, 2, states(count), signal, made);

describe('callPort', () => {
  it('gives what the port gives', async () => {
    expect(await call(2, async () => ['a', 'b'])).toEqual(['a', 'b']);
  });

  it('makes no call for no requests', async () => {
    let calls = 0;
    expect(await call(0, async () => [(calls += 1)])).toEqual([]);
    expect(calls).toBe(0);
  });

  it('names port, round and requests of a failed call, and keeps its error', async () => {
    const cause = new TypeError('fetch failed');
    const error: unknown = await call(7, () => Promise.reject(cause)).catch((thrown: unknown) => thrown);
    if (!(error instanceof PortError)) throw new Error('expected a PortError');
    expect(isFgamError(error)).toBe(true);
    expect(error.message).toBe(
      'rectify: answerer "llava" in round 2 for 7 request(s) ("q0", "q1", "q2", "q3", "q4", ...) failed: fetch failed',
    );
    expect(error).toMatchObject({ code: 'rectifier/port-failed', port: 'answerer', round: 2, cause });
    expect(error.requests).toEqual(['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6']);
  });

  it('takes what is thrown, an Error or not', async () => {
    // A port is someone else's code: it may reject with anything.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const thrown = call(1, () => Promise.reject('gone'));
    await expect(thrown).rejects.toThrow('("q0") failed: gone');
  });

  it('refuses a wrong number of results', async () => {
    for (const results of [[], ['a'], ['a', 'b', 'c']])
      await expect(call(2, async () => results)).rejects.toMatchObject({
        code: 'rectifier/bad-port',
        message: expect.stringContaining(
          `("q0", "q1"): expected as many results, got ${results.length}`,
        ) as string,
      });
  });

  it('rejects with the reason of the signal, before the call and after it', async () => {
    const controller = new AbortController();
    const cut = call(
      1,
      async () => {
        controller.abort(new Error('enough'));
        throw new Error('socket closed');
      },
      controller.signal,
    );
    await expect(cut).rejects.toThrow(/^enough$/);
    let calls = 0;
    await expect(call(1, async () => [(calls += 1)], controller.signal)).rejects.toThrow('enough');
    expect(calls).toBe(0);
  });
});
