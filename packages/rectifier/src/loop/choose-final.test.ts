import type { Attempt, Feedback } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { countClaims, reward } from '../reward.js';
import { chooseFinal } from './choose-final.js';

const refusal = parseFeedback('object : there is no cat');
/** An attempt that its critic refuses, holding it right with this probability. */
const refused = (response: string, score: number): Attempt => ({
  response,
  feedback: { ...refusal, confidence: 1 - score },
});

describe('chooseFinal', () => {
  it('takes the last, unless it scores below the first', () => {
    expect(chooseFinal([refused('a', 0.3), refused('b', 0.1), refused('c', 0.3)])).toBe('c');
    expect(chooseFinal([refused('a', 0.3), refused('b', 0.4), refused('c', 0.2)])).toBe('b');
    expect(chooseFinal([refused('a', 0.5), refused('b', 0.5), refused('c', 0.2)])).toBe('a');
  });

  it('takes a last one that is accepted, whatever the scores', () => {
    const accepted = (response: string, confidence: number): Attempt => ({
      response,
      feedback: { verdict: 'accept', confidence },
    });
    expect(chooseFinal([refused('a', 0.7), accepted('b', 0.5)])).toBe('b');
    expect(chooseFinal([refused('a', 0.6), refused('b', 0.7), accepted('c', 0.5)])).toBe('c');
    // What was accepted earlier is scored as before.
    expect(chooseFinal([accepted('a', 0.8), refused('b', 0.3)])).toBe('a');
    const unsaid: Attempt = {
      response: 'b',
      feedback: { verdict: 'revise', issues: [], text: '', confidence: 0.9 },
    };
    expect(chooseFinal([refused('a', 0.7), unsaid])).toBe('b');
  });

  it('takes the last where it or the first has no score', () => {
    expect(chooseFinal([{ response: 'a', feedback: refusal }, refused('b', 0.1)])).toBe('b');
    expect(chooseFinal([refused('a', 0.9), { response: 'b' }])).toBe('b');
  });

  it('gives a repeated response the score that it had, white space aside', () => {
    expect(chooseFinal([refused('a cat', 0.8), refused('b  cat', 0.2), { response: 'b cat ' }])).toBe(
      'a cat',
    );
  });

  it('takes no blank one where another says something, whatever was said of it', () => {
    const blank: Attempt = { response: ' \n', feedback: { verdict: 'accept', confidence: 1 } };
    expect(chooseFinal([refused('a', 0.1), blank])).toBe('a');
    expect(chooseFinal([blank, refused('a', 0)])).toBe('a');
    expect(chooseFinal([refused('a', 0.1), refused('b', 0.2), { response: '' }])).toBe('b');
    expect(chooseFinal([{ response: 'a' }, blank])).toBe('a');
    expect(chooseFinal([{ response: '' }, blank])).toBe(' \n');
  });

  describe('of captions', () => {
    const question = 'describe the image .';
    /** A caption that its critic refuses for these clauses. */
    const caption = (response: string, wrong: readonly string[], score = 0.1): Attempt => ({
      response,
      feedback: {
        verdict: 'revise',
        issues: wrong.map((claim) => ({ kind: 'object', claim })),
        ...{ text: '', confidence: 1 - score },
      },
    });
    const half = caption('a dog , a cat .', ['a cat']);
    const most = caption('a dog , a hat , a cat .', ['a cat']);
    const none = caption('a cat .', ['a cat']);

    it('takes the one of which the most holds, the last of equals', () => {
      expect(chooseFinal([none, most, half], question)).toBe(most.response);
      expect(chooseFinal([most, half, none], question)).toBe(most.response);
      const other = caption('a dog , a cow .', ['a cow']);
      expect(chooseFinal([none, half, other], question)).toBe(other.response);
      // Of what is not known to be a caption claims are not counted.
      expect(chooseFinal([none, most, half])).toBe(half.response);
    });

    it('takes the last of equals, also where the last of all holds less', () => {
      const other = caption('a dog , a cow .', ['a cow']);
      expect(chooseFinal([none, half, other, none], question)).toBe(other.response);
      expect(chooseFinal([none, other, half, caption('a hat .', ['a hat'])], question)).toBe(half.response);
    });

    it('takes what names nothing for the worst', () => {
      const third = caption('a dog , a cat , a cow .', ['a cat', 'a cow']);
      const silent = refused('...', 0.1);
      expect(chooseFinal([silent, third], question)).toBe(third.response);
      expect(chooseFinal([third, silent], question)).toBe(third.response);
    });

    it('counts no claims of other answers: a hedge is no better than an answer', () => {
      const hedge = refused('it is hard to say', 0.1);
      expect(chooseFinal([hedge, refused('yes', 0.5)], 'is there a red circle ?')).toBe('yes');
      const [two, one] = [refused('a red circle , a blue square', 0.3), refused('a red circle', 0.3)];
      expect(chooseFinal([two, one], 'what is at the top left ?')).toBe(one.response);
    });

    it('takes none that scores below the first, and one that is accepted whatever holds', () => {
      expect(chooseFinal([half, caption('a dog , a hat , a cat .', ['a cat'], 0.05)], question)).toBe(
        half.response,
      );
      const accepted: Attempt = { response: 'a dog .', feedback: { verdict: 'accept', confidence: 0.5 } };
      expect(chooseFinal([most, accepted], question)).toBe(accepted.response);
    });

    it('takes what is said again for what was said of it before', () => {
      expect(chooseFinal([none, most, half, { response: most.response }], question)).toBe(most.response);
      expect(chooseFinal([most, none, { response: none.response }], question)).toBe(most.response);
    });

    it('never takes one of which less holds than of the first', () => {
      const clauses = fc.subarray(['a cat', 'a dog', 'a hat', 'a cow'], { minLength: 1 });
      const said = fc.record({
        clauses,
        wrong: fc.subarray(['a cat', 'a dog', 'a hat', 'a cow'], { minLength: 1 }),
      });
      fc.assert(
        fc.property(fc.array(said, { minLength: 1, maxLength: 5 }), (list) => {
          const attempts = list.map((each) => caption(`${each.clauses.join(' , ')} .`, each.wrong));
          const rewardOf = (text: string): number => {
            const { response, feedback } = attempts.find((each) => each.response === text) ?? {};
            if (response === undefined || feedback === undefined) throw new Error(text);
            return reward(countClaims(question, response, feedback));
          };
          const first = attempts[0]?.response ?? '';
          expect(rewardOf(chooseFinal(attempts, question))).toBeGreaterThanOrEqual(rewardOf(first));
        }),
      );
    });
  });

  it('refuses a trajectory without an attempt to choose', () => {
    expect(() => chooseFinal([])).toThrow(/chooseFinal: expected an attempt .*, got 0 attempts/);
    expect(() => chooseFinal([{ response: 'a', decision: 'worse' }])).toThrow(/got 1 attempts without one/);
  });

  it('is one of the responses, and never scores below the first where all are refused', () => {
    const attempt = fc.record({
      response: fc.constantFrom('a', 'b', 'c', 'a ', '', ' '),
      score: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 6 }), (list) => {
        const attempts = list.map(({ response, score }): Attempt => {
          const feedback: Feedback | undefined =
            score === undefined ? undefined : refused('', score / 8).feedback;
          return feedback ? { response, feedback } : { response };
        });
        const final = chooseFinal(attempts);
        expect(attempts.map(({ response }) => response)).toContain(final);
        if (list.some(({ response }) => response.trim() !== '')) expect(final.trim()).not.toBe('');
        // A response's score is the first that it got.
        const scoreOf = (text: string) =>
          list.find(({ response, score }) => response.trim() === text.trim() && score !== undefined)?.score;
        const begun = list.find(({ response }) => response.trim() !== '') ?? list[0];
        const [first, chosen] = [scoreOf(begun?.response ?? ''), scoreOf(final)];
        if (first !== undefined && chosen !== undefined) expect(chosen).toBeGreaterThanOrEqual(first);
      }),
    );
  });
});
