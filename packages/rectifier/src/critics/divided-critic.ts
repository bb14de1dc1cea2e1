import type { CritiqueRequest, Critic, Feedback } from '@fgam/data';
import { rectifierError } from '../error.js';
import { UNREAD } from './judge-known.js';

/** A critic and what it is asked about. */
export interface DividedPart {
  readonly critic: Critic;
  readonly judges: (request: CritiqueRequest) => boolean;
}

/**
 * Several critics as one, each asked about requests of its own: one goes to the first that judges it, and is
 * accepted unread, with confidence 0.5, where none does. The whole reads conversations where all parts do.
 *
 * @param name - of the whole
 * @param parts - asked one after the other
 * @throws FgamError, at the call, as the critics do; `rectifier/bad-port` where one gives not one feedback a request;
 * the signal's reason
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
 *   { critic: saying('count'), judges: ({ question }) => question.startsWith('how many') },
 *   { critic: saying('look'), judges: ({ question }) => question.startsWith('what') },
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
    readsContext: parts.every(({ critic }) => critic.readsContext === true),
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      const found: Feedback[] = requests.map(() => UNREAD);
      const partOf = requests.map((request) => parts.find(({ judges }) => judges(request)));
      for (const part of parts) {
        const own = requests.flatMap((request, at) => (partOf[at] === part ? [{ request, at }] : []));
        if (own.length === 0) continue;
        const said = await part.critic.critique(
          own.map(({ request }) => request),
          call,
        );
        if (said.length !== own.length)
          throw rectifierError(
            'rectifier/bad-port',
            `createDividedCritic: ${part.critic.name}: expected ${own.length} feedbacks, got ${said.length}`,
          );
        for (const [i, { at }] of own.entries()) found[at] = said[i] as Feedback;
      }
      return found;
    },
  };
}
