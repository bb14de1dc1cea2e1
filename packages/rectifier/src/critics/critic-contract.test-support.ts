import type { Critic, CritiqueRequest, ImageSource } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { ISSUE_KINDS } from '../feedback/feedback-grammar.js';
import { parseFeedback } from '../feedback/parse-feedback.js';

/**
 * What every critic keeps to.
 *
 * @param makeCritic - called once a test
 * @param requests - at least one that the critic accepts and one that it refuses
 */
export function criticContract(
  name: string,
  makeCritic: () => Critic,
  requests: readonly CritiqueRequest[],
): void {
  describe(`${name} keeps to the contract of critics`, () => {
    it('has a name', () => {
      expect(makeCritic().name).not.toBe('');
    });

    it('gives one feedback a request, in order, the same in any batch', async () => {
      const critic = makeCritic();
      const feedbacks = await critic.critique(requests);
      expect(feedbacks).toHaveLength(requests.length);
      expect(await critic.critique([...requests].reverse())).toEqual([...feedbacks].reverse());
      for (const [i, request] of requests.entries())
        expect(await critic.critique([request])).toEqual([feedbacks[i]]);
    });

    it('accepts, or refuses with issues of known kinds that its text says', async () => {
      const feedbacks = await makeCritic().critique(requests);
      for (const [i, feedback] of feedbacks.entries()) {
        const { confidence = 0 } = feedback;
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        if (feedback.verdict === 'accept') continue;
        const kinds = feedback.issues.map(({ kind }) => kind);
        expect(kinds.length).toBeGreaterThan(0);
        for (const kind of kinds) expect(ISSUE_KINDS).toContain(kind);
        const said = parseFeedback(feedback.text, { response: requests[i]?.response ?? '' });
        expect(said.verdict === 'revise' && said.issues.map(({ kind }) => kind)).toEqual(kinds);
      }
      expect([...new Set(feedbacks.map(({ verdict }) => verdict))].sort()).toEqual(['accept', 'revise']);
    });

    it('passes a conversation over, or says that it reads it and judges each request within it', async () => {
      const critic = makeCritic();
      const turns = [{ role: 'user', text: 'describe it', images: 1 }] as const;
      const within = (images: (request: CritiqueRequest) => readonly ImageSource[]) =>
        requests.map((request) => ({ ...request, context: { turns, images: images(request) } }));
      if (critic.readsContext !== true) {
        const passedOver = await critic.critique(within(() => ['none.png']));
        expect(passedOver).toEqual(await critic.critique(requests));
        return;
      }
      const inContext = within(({ image }) => [image]);
      const feedbacks = await critic.critique(inContext);
      expect(feedbacks).toHaveLength(requests.length);
      for (const [i, request] of inContext.entries())
        expect(await critic.critique([request])).toEqual([feedbacks[i]]);
    });

    it('gives an empty list for an empty list', async () => {
      expect(await makeCritic().critique([])).toEqual([]);
    });

    it('rejects with the reason of an aborted signal', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(makeCritic().critique(requests, { signal })).rejects.toThrow('enough');
    });
  });
}
