import { isFgamError } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { type Port, PortError } from '../error.js';
import { callPort } from './call-port.js';

const call = (
  count: number,
  made: () => unknown,
  { port = 'answerer', signal }: { readonly port?: Port; readonly signal?: AbortSignal } = {},
) =>
  callPort(
    { port, name: 'llava', round: 2, requests: Array.from({ length: count }, (_, i) => `q${i}`), signal },
    made as () => Promise<readonly unknown[]>,
  );
const a = { text: 'a' };

describe('callPort', () => {
  it('gives what the port gives', async () => {
    expect(await call(2, async () => [a, { text: '', tokens: 0 }])).toEqual([a, { text: '', tokens: 0 }]);
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

  it('takes what is thrown, an Error or not, at once or later', async () => {
    // A port is someone else's code: it may reject with anything.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const thrown = call(1, () => Promise.reject('gone'));
    await expect(thrown).rejects.toThrow('("q0") failed: gone');
    const atOnce = call(1, () => {
      throw new Error('no model');
    });
    await expect(atOnce).rejects.toMatchObject({ code: 'rectifier/port-failed' });
  });

  it('refuses a wrong number of results', async () => {
    for (const results of [[], [a], [a, a, a]])
      await expect(call(2, async () => results)).rejects.toMatchObject({
        code: 'rectifier/bad-port',
        message: expect.stringContaining(
          `("q0", "q1"): expected as many results, got ${results.length}; mend the answerer`,
        ) as string,
      });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['ab', "'ab'"],
    [{ length: 2 }, '{ length: 2 }'],
  ])('refuses %o in place of a list', async (results, got) => {
    await expect(call(2, async () => results)).rejects.toMatchObject({
      ...{ code: 'rectifier/bad-port', port: 'answerer', round: 2, requests: ['q0', 'q1'] },
      message: `rectify: answerer "llava" in round 2 for 2 request(s) ("q0", "q1"): expected a list of results, got ${got}; mend the answerer`,
    });
  });

  it('refuses a result that breaks the port’s contract, and says whose it is and what came', async () => {
    const port = 'critic';
    const results = [{ verdict: 'accept' }, { verdict: 'accept', confidence: Number.NaN }];
    await expect(call(2, async () => results, { port })).rejects.toMatchObject({
      ...{ code: 'rectifier/bad-port', port, round: 2 },
      message:
        'rectify: critic "llava" in round 2 for 2 request(s) ("q0", "q1"): for "q1" expected a confidence ' +
        "from 0 to 1, or none, got { verdict: 'accept', confidence: NaN }; mend the critic",
    });
  });

  it('rejects with the reason of the signal, before the call and after it', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const cut = call(
      1,
      async () => {
        controller.abort(new Error('enough'));
        throw new Error('socket closed');
      },
      { signal },
    );
    await expect(cut).rejects.toThrow(/^enough$/);
    let calls = 0;
    await expect(call(1, async () => [(calls += 1)], { signal })).rejects.toThrow('enough');
    expect(calls).toBe(0);
  });

  it('waits no longer than its signal for a port that does not heed it', async () => {
    const controller = new AbortController();
    const hanging = call(1, () => new Promise(() => {}), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow(/^enough$/);
  });
});
