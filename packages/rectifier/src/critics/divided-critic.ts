import type { CritiqueRequest, Critic, Feedback } from '@fgam/data';
import { UNREAD } from './judge-known.js';

/** A critic and the questions that it is asked about. */
export interface DividedPart {
  readonly critic: Critic;
  readonly judges: (question: string) => boolean;
}

/**
 * Several critics as one, each asked about questions of its own: a request goes to the first that judges its
 * question, and is accepted unread, with confidence 0.5, where none does.
 *
 * @param name - of the whole
 * @param parts - asked one after the other
 * @throws FgamError, at the call, as the critics do; the signal's reason
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { createDividedCritic } from '@fgam/rectifier';
 *
 * const saying = (text: string): Critic => ({
 *   name: text,
 *   critique: async (requests) => requests.map(() => ({ verdict: 'revise', issues: [], text })),
 * });
 * const critic = createDividedCritic('both', [
 *   { critic: saying('count'), judges: (question) => question.startsWith('how many') },
 *   { critic: saying('look'), judges: (question) => question.startsWith('what') },
 * ]);
 * const ask = (question: string) => ({ image: 'dog.png', question, response: 'two' });
 * const said = await critic.critique([ask('what is it ?'), ask('why ?'), ask('how many dogs ?')]);
 * const texts = said.map((each) => (each.verdict === 'revise' ? each.text : each.confidence)).join();
 * if (texts !== 'look,0.5,count') throw new Error(texts);
 * ```
 */
export function createDividedCritic(name: string, parts: readonly DividedPart[]): Critic {
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      const found: Feedback[] = requests.map(() => UNREAD);
      const partOf = requests.map(({ question }) => parts.find(({ judges }) => judges(question)));
      for (const part of parts) {
        const own = requests.flatMap((request, at) => (partOf[at] === part ? [{ request, at }] : []));
        if (own.length === 0) continue;
        const said = await part.critic.critique(
          own.map(({ request }): CritiqueRequest => request),
          call,
        );
        for (const [i, { at }] of own.entries()) found[at] = said[i] as Feedback;
      }
      return found;
    },
  };
}
