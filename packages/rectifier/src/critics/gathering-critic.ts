import type { Critic } from '@fgam/data';
import { rectifierError } from '../error.js';
import { gatheredCalls } from './gathered-calls.js';

/** Options of {@link createGatheringCritic}. */
export interface GatheringCriticOptions {
  /** Requests of one call, at most; a caller with more has a call of its own. Default 64. */
  readonly maxBatch?: number;
}

/**
 * A critic that judges what several callers ask at the same time together: for critics that run in this
 * process, asked by many requests of a server. Calls that come while one is under way wait for its end and go as
 * one; feedback is as it would be alone (but for near-ties of a generator whose sums depend on the batch).
 *
 * A caller that aborts leaves at once. A call that fails for several is made again for each alone.
 *
 * @throws FgamError `rectifier/bad-config` for a `maxBatch` that is no integer from 1; at the call, what the critic
 * throws, and the signal's reason
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { createGatheringCritic } from '@fgam/rectifier';
 *
 * const sizes: number[] = [];
 * const slow: Critic = {
 *   name: 'slow',
 *   critique: async (requests) => {
 *     sizes.push(requests.length);
 *     await new Promise((resolve) => setTimeout(resolve, 5));
 *     return requests.map(() => ({ verdict: 'accept' }) as const);
 *   },
 * };
 * const { critique } = createGatheringCritic(slow);
 * const ask = (response: string) => critique([{ image: 'a.png', question: 'what is it ?', response }]);
 * const first = ask('a cat');
 * await new Promise((resolve) => setTimeout(resolve, 1));
 * await Promise.all([first, ask('a dog'), ask('a hat')]);
 * if (sizes.join() !== '1,2') throw new Error(sizes.join());
 * ```
 */
export function createGatheringCritic(
  critic: Critic,
  { maxBatch = 64 }: GatheringCriticOptions = {},
): Critic {
  if (!(Number.isSafeInteger(maxBatch) && maxBatch >= 1))
    throw rectifierError(
      'rectifier/bad-config',
      `createGatheringCritic: maxBatch: expected an integer from 1, got ${maxBatch}`,
    );
  // Of a class's instance, whose properties are not its own, too.
  const { name, readsContext } = critic;
  return {
    name,
    ...(readsContext === undefined ? {} : { readsContext }),
    critique: gatheredCalls(critic.critique.bind(critic), maxBatch),
  };
}
