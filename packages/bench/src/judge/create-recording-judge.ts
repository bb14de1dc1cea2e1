import { type Judge, unlessAborted } from '@fgam/data';
import pLimit from 'p-limit';
import { judgeKey, judgeName } from './judge-key.js';
import type { JudgeModel } from './judge-model.js';
import { type Judgement, openJudgements } from './judgement-store.js';
import { createOneJudgeCheck } from './one-judge.js';

/** Requests under way at a time. */
const CONCURRENCY = 8;

/**
 * A judge that stores every request and answer in a folder under the SHA-256 of model, parameters and prompt.
 * What the folder has already is not asked again, so that an interrupted run goes on.
 *
 * @param folder - `judgements.jsonl` in it is appended to
 * @returns its calls throw FgamError `bench/mixed-judges` where the server's model changed between answers,
 * whatever `model.ask` throws, and the signal's reason
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { createRecordingJudge, createReplayJudge } from '@fgam/bench';
 *
 * const folder = await mkdtemp(`${tmpdir()}/judge-`);
 * const ask = async (prompt: string) => ({ text: `rated: ${prompt}`, answeredBy: 'echo-1' });
 * const judge = await createRecordingJudge(folder, { model: 'echo', parameters: { temperature: 0 }, ask });
 * await judge.judge([{ prompt: 'a' }]);
 * const [again] = await (await createReplayJudge(folder)).judge([{ prompt: 'a' }]);
 * if (again !== 'rated: a') throw new Error(again);
 * ```
 */
export async function createRecordingJudge(folder: string, model: JudgeModel): Promise<Judge> {
  const { records: judgements, add } = await openJudgements(folder);
  const limit = pLimit(CONCURRENCY);
  const check = createOneJudgeCheck();
  const pending = new Map<string, Promise<Judgement>>();
  const ask = async (
    key: string,
    prompt: string,
    signal: AbortSignal | undefined,
    stop: AbortSignal,
  ): Promise<Judgement> => {
    stop.throwIfAborted();
    const { text, answeredBy } = await model.ask(prompt, signal);
    const { model: name, parameters } = model;
    const judgement = { key, model: name, parameters, answeredBy, prompt, answer: text };
    await add(judgement);
    return judgement;
  };

  const judgementOf = async (
    prompt: string,
    signal: AbortSignal | undefined,
    stop: AbortSignal,
  ): Promise<Judgement> => {
    const key = judgeKey(model, prompt);
    for (;;) {
      const known = judgements.get(key);
      if (known !== undefined) return known;
      const others = pending.get(key);
      if (others === undefined) {
        const asked = limit(() => ask(key, prompt, signal, stop)).finally(() => pending.delete(key));
        pending.set(key, asked);
        return asked;
      }
      // Of another call, whose end is not this one's: where it got no answer, it is asked for here.
      await Promise.allSettled([others]);
    }
  };

  return {
    name: judgeName(model),
    async judge(requests, { signal } = {}) {
      signal?.throwIfAborted();
      // After a failure nothing more is asked, but what is under way is waited for and kept.
      const stop = new AbortController();
      const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
      const prompts = [...new Set(requests.map(({ prompt }) => prompt))];
      const all = Promise.allSettled(
        prompts.map(async (prompt) => {
          try {
            return await judgementOf(prompt, signal, either);
          } catch (error) {
            stop.abort(error);
            throw error;
          }
        }),
      );
      const settled = await (signal === undefined ? all : unlessAborted(all, signal));
      stop.signal.throwIfAborted();
      const found = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      check(found);
      const answers = new Map(found.map(({ prompt, answer }) => [prompt, answer]));
      return requests.map(({ prompt }) => answers.get(prompt) as string);
    },
  };
}
