import type { Judge } from '@fgam/data';
import { benchError } from '../error.js';
import { judgeKey, judgeName } from './judge-key.js';
import type { JudgeIdentity } from './judge-model.js';
import { openJudgements } from './judgement-store.js';
import { createOneJudgeCheck } from './one-judge.js';

/** How many prompts without an answer a message counts from. */
const SHOWN = 60;

/**
 * A judge that answers from a folder of judgements and asks nobody: no key, no network.
 *
 * @param model - whose judgements; needed where the folder has several judges'
 * @throws FgamError `bench/no-judge` where the folder has none, `bench/mixed-judges` where it has several
 * judges' and none is chosen, or one model's under several parameters. Its calls throw `bench/no-judge` for a
 * prompt without an answer, and the signal's reason
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createRecordingJudge, createReplayJudge } from '@fgam/bench';
 * import { isFgamError } from '@fgam/data';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'judge-'));
 * const ask = async (prompt: string) => ({ text: prompt === 'is 2 right ?' ? '1' : '0', answeredBy: 'm-1' });
 * const recording = await createRecordingJudge(folder, { model: 'm', parameters: { temperature: 0 }, ask });
 * await recording.judge([{ prompt: 'is 2 right ?' }, { prompt: 'is 3 right ?' }]);
 * const judge = await createReplayJudge(folder);
 * const answers = await judge.judge([{ prompt: 'is 3 right ?' }, { prompt: 'is 2 right ?' }]);
 * if (answers.join() !== '0,1' || judge.name !== 'm, temperature 0') throw new Error(judge.name);
 * const fault = await judge.judge([{ prompt: 'is 4 right ?' }]).catch((error: unknown) => error);
 * if (!isFgamError(fault) || fault.code !== 'bench/no-judge') throw new Error('nobody was asked that');
 * ```
 */
export async function createReplayJudge(folder: string, model?: string): Promise<Judge> {
  const { records: judgements } = await openJudgements(folder);
  const judges = new Map<string, JudgeIdentity>();
  for (const judgement of judgements.values())
    if (model === undefined || judgement.model === model) judges.set(judgeName(judgement), judgement);
  const [first, ...others] = judges.values();
  if (first === undefined)
    throw benchError(
      'bench/no-judge',
      `${folder}: expected recorded judgements${model === undefined ? '' : ` of ${model}`}, got none; record them first`,
    );
  if (others.length > 0)
    throw benchError(
      'bench/mixed-judges',
      `${folder}: expected the judgements of one judge, got those of ${[...judges.keys()].join(' and ')}; name one of the models, or record each in a folder of its own`,
    );
  const check = createOneJudgeCheck();
  return {
    name: judgeName(first),
    async judge(requests, { signal } = {}) {
      signal?.throwIfAborted();
      const found = requests.flatMap(({ prompt }) => judgements.get(judgeKey(first, prompt)) ?? []);
      const lacking = requests.find(({ prompt }) => !judgements.has(judgeKey(first, prompt)));
      if (lacking !== undefined)
        throw benchError(
          'bench/no-judge',
          `${folder}: expected answers to ${requests.length} prompts, got ${found.length} (none to one that ends in ${JSON.stringify(lacking.prompt.slice(-SHOWN))}); record them with the same answers and judge's prompt`,
        );
      check(found);
      return found.map(({ answer }) => answer);
    },
  };
}
