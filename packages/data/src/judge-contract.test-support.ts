import { beforeAll, describe, expect, it } from 'vitest';
import type { Judge } from './ports.js';

/** What a contract suite is run on. */
export interface JudgeCase {
  /** Called once. */
  readonly make: () => Promise<Judge>;
  /** At least two of different answers. */
  readonly prompts: readonly [string, string, ...string[]];
  /** A prompt that gets no answer, with the code of the error. */
  readonly refused: { readonly prompt: string; readonly code: string };
  /** Whether other prompts can be asked, too. Default true; else there is nothing to cut short. */
  readonly asks?: boolean;
}

/** What every judge keeps to. */
export function judgeContract(name: string, { make, prompts, refused, asks = true }: JudgeCase): void {
  describe(`${name} keeps to the contract of judges`, () => {
    const requests = prompts.map((prompt) => ({ prompt }));
    const reason = new Error('enough');
    let judge: Judge;
    let answers: readonly string[];
    let asked = 0;
    beforeAll(async () => {
      judge = await make();
      answers = await judge.judge(requests);
    });
    /** Requests that were not made before, more than are under way at a time. */
    const others = () => Array.from({ length: 20 }, () => ({ prompt: `${prompts[0]} ${(asked += 1)}` }));
    const expectRefused = (answered: Promise<unknown>) =>
      expect(answered).rejects.toMatchObject({ code: refused.code });

    it('has a name', () => {
      expect(judge.name).not.toBe('');
    });

    it('gives one answer a request, in order, the same to the same prompt', async () => {
      expect(answers).toHaveLength(requests.length);
      expect(new Set(answers).size).toBeGreaterThan(1);
      expect(await judge.judge([...requests, ...requests].reverse())).toEqual(
        [...answers, ...answers].reverse(),
      );
      for (const [i, request] of requests.entries())
        expect(await judge.judge([request])).toEqual([answers[i]]);
    });

    it('gives an empty list for an empty list', async () => {
      expect(await judge.judge([])).toEqual([]);
    });

    it('refuses what it has no answer to, and goes on', async () => {
      await expectRefused(judge.judge([...requests, { prompt: refused.prompt }]));
      expect(await judge.judge(requests)).toEqual(answers);
    });

    it('rejects with the reason of a signal that was aborted before', async () => {
      const signal = AbortSignal.abort(reason);
      await expect(judge.judge(requests, { signal })).rejects.toBe(reason);
      expect(await judge.judge(requests)).toEqual(answers);
    });

    it('keeps calls apart that are made at once, one that is refused among them', async () => {
      const refusal = expectRefused(judge.judge([{ prompt: refused.prompt }, ...requests]));
      const calls = requests.map((request) => judge.judge([request]));
      await refusal;
      expect((await Promise.all(calls)).flat()).toEqual(answers);
    });

    if (!asks) return;

    it('rejects with the reason of a signal that aborts during work, and goes on', async () => {
      const some = others();
      const during = new AbortController();
      const call = judge.judge(some, { signal: during.signal });
      during.abort(reason);
      await expect(call).rejects.toBe(reason);
      expect(await judge.judge(some)).toHaveLength(some.length);
    });

    it('answers one caller where another, who asks the same, leaves or is refused', async () => {
      const some = others();
      const leaving = new AbortController();
      const left = judge.judge(some, { signal: leaving.signal });
      const stays = judge.judge(some);
      leaving.abort(reason);
      await Promise.all([expect(left).rejects.toBe(reason), stays]);
      expect(await judge.judge(some)).toEqual(await stays);
      const more = others();
      const refusal = expectRefused(judge.judge([{ prompt: refused.prompt }, ...more]));
      const answered = judge.judge(more);
      await Promise.all([refusal, answered]);
      expect(await judge.judge(more)).toEqual(await answered);
    });
  });
}
