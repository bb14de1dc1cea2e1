import type { Critic, CritiqueRequest, Feedback, Issue } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ISSUE_KINDS } from '../../feedback/feedback-grammar.js';
import { parseFeedback } from '../../feedback/parse-feedback.js';
import { feedbackScore } from '../../loop/feedback-score.js';
import { criticContract } from '../critic-contract.test-support.js';
import { createEnsembleCritic } from './ensemble-critic.js';
import { mergeIssues } from './merge-issues.js';

const ask = (response: string): CritiqueRequest => ({ image: 'dog.png', question: 'what is it ?', response });
const saying = (name: string, said: Readonly<Record<string, Feedback>>): Critic => ({
  name,
  critique: async (requests, call = {}) => {
    call.signal?.throwIfAborted();
    return requests.map(({ response }) => said[response] ?? { verdict: 'accept' });
  },
});
const refuse = (confidence: number, ...issues: Issue[]): Feedback => ({
  verdict: 'revise',
  issues,
  text: '',
  confidence,
});
const cat = { kind: 'object', claim: 'a cat' } as const;

criticContract(
  'an ensemble',
  () =>
    createEnsembleCritic([
      { critic: saying('a', { 'a cat': refuse(0.9, { ...cat, correction: 'a dog' }) }), weight: 1 },
      { critic: saying('b', { 'a cat': parseFeedback('count : 2', { response: 'a cat' }) }), weight: 2 },
      { critic: saying('c', {}), weight: 1 },
    ]),
  ['a dog', 'a cat'].map(ask),
);

describe('the score', () => {
  // S = (1 x 0.8 + 3 x (1 - 0.6)) / 4 = 0.5
  const members = [
    { critic: saying('a', { x: { verdict: 'accept', confidence: 0.8 } }), weight: 1 },
    { critic: saying('b', { x: refuse(0.6, cat) }), weight: 3 },
  ];

  it('is the weighted mean of how right each holds the response', async () => {
    const [accepted] = await createEnsembleCritic(members, { threshold: 0.5 }).critique([ask('x')]);
    expect(accepted).toEqual({ verdict: 'accept', confidence: 0.5 });
    const [refused] = await createEnsembleCritic(members, { threshold: 0.51 }).critique([ask('x')]);
    expect(refused).toMatchObject({ verdict: 'revise', confidence: 0.5, issues: [{ ...cat, by: ['b'] }] });
  });

  it('takes the bare verdict of a critic without confidence', async () => {
    const critic = createEnsembleCritic([
      { critic: saying('a', {}), weight: 1 },
      { critic: saying('b', { x: parseFeedback('object : not x') }), weight: 1 },
      { critic: saying('c', { x: { verdict: 'revise', issues: [], text: '' } }), weight: 2 },
    ]);
    // b refuses; c says nothing, which is an acceptance: S = (1 + 0 + 2) / 4
    expect(await critic.critique([ask('x')])).toEqual([{ verdict: 'accept', confidence: 0.75 }]);
  });

  it('refuses without a correction where no member names an issue', async () => {
    const unsure = saying('a', { x: { verdict: 'accept', confidence: 0.2 } });
    const [feedback] = await createEnsembleCritic([{ critic: unsure, weight: 1 }]).critique([ask('x')]);
    expect(feedback).toEqual({
      verdict: 'revise',
      issues: [{ kind: 'reasoning', claim: 'x' }],
      text: 'reasoning : wrong',
      confidence: 0.8,
    });
  });

  it('lies within what its members say, whatever their weights; the verdict follows it', async () => {
    const unit = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);
    const member = fc.record({
      confidence: unit,
      isRefusal: fc.boolean(),
      weight: fc.double({ min: 0.01, max: 99, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 5 }), unit, async (drawn, threshold) => {
        const said = drawn.map(
          ({ confidence, isRefusal }): Feedback =>
            isRefusal ? refuse(confidence, cat) : { verdict: 'accept', confidence },
        );
        const critic = createEnsembleCritic(
          said.map((x, i) => ({ critic: saying(String(i), { x }), weight: drawn[i]?.weight ?? 1 })),
          { threshold },
        );
        const [feedback] = await critic.critique([ask('x')]);
        const [score, scores] = [
          feedbackScore(feedback) ?? Number.NaN,
          said.map((each) => feedbackScore(each) ?? 0),
        ];
        expect(score).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-9);
        expect(score).toBeLessThanOrEqual(Math.max(...scores) + 1e-9);
        if (Math.abs(score - threshold) > 1e-9)
          expect(feedback?.verdict).toBe(score >= threshold ? 'accept' : 'revise');
      }),
    );
  });
});

describe('mergeIssues', () => {
  const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
  const other = { ...box, x1: 0.6 };

  it('makes one of the same claim, with all evidence and who said it', () => {
    const merged = mergeIssues([
      {
        critic: 'a',
        weight: 1,
        issue: { ...cat, correction: 'a dog', evidence: { boxes: [box], score: 0.9 } },
      },
      { critic: 'b', weight: 3, issue: { kind: 'count', claim: 'a cat' } },
      {
        critic: 'c',
        weight: 3,
        issue: { ...cat, claim: ' A  cat', evidence: { boxes: [box, other], score: 0.5 } },
      },
      { critic: 'd', weight: 2, issue: { ...cat, correction: 'a fox' } },
      { critic: 'e', weight: 2, issue: { ...cat, correction: 'A dog' } },
    ]);
    expect(merged).toEqual([
      // (1 x 0.9 + 3 x 0.5) / 4; a dog has 3 of weight, a fox 2
      {
        ...cat,
        correction: 'a dog',
        evidence: { boxes: [box, other], score: expect.closeTo(0.6) as number },
        by: ['a', 'c', 'd', 'e'],
      },
      { kind: 'count', claim: 'a cat', by: ['b'] },
    ]);
  });

  it('loses no claim and keeps each once', () => {
    const issue = fc.record({
      kind: fc.constantFrom(...ISSUE_KINDS),
      claim: fc.constantFrom('a', 'A ', 'b', 'c'),
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ issue, critic: fc.constantFrom('x', 'y'), weight: fc.constant(1) })),
        (found) => {
          const keyOf = (each: Pick<Issue, 'kind' | 'claim'>) =>
            `${each.kind} ${each.claim.trim().toLowerCase()}`;
          const merged = mergeIssues(found);
          expect(merged.map(keyOf)).toEqual([...new Set(found.map((each) => keyOf(each.issue)))]);
          for (const each of merged)
            expect([...(each.by ?? [])].sort()).toEqual(
              [
                ...new Set(
                  found.filter(({ issue: one }) => keyOf(one) === keyOf(each)).map(({ critic }) => critic),
                ),
              ].sort(),
            );
        },
      ),
    );
  });
});

describe('members', () => {
  it('are named where they fail, and end the others', async () => {
    const broken: Critic = { name: 'broken', critique: () => Promise.reject(new Error('no power')) };
    let ended: unknown;
    const slow: Critic = {
      name: 'slow',
      critique: (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            ended = signal.reason;
            reject(new Error('cut'));
          });
        }),
    };
    const critic = createEnsembleCritic([slow, broken].map((each) => ({ critic: each, weight: 1 })));
    await expect(critic.critique([ask('x')])).rejects.toMatchObject({
      code: 'rectifier/port-failed',
      message: 'ensemble: critic "broken" failed: no power',
    });
    expect(ended).toMatchObject({ code: 'rectifier/port-failed' });
  });

  it('must give as many feedbacks as there are requests', async () => {
    const short: Critic = { name: 'short', critique: async () => [] };
    const critic = createEnsembleCritic([{ critic: short, weight: 1 }]);
    await expect(critic.critique([ask('x')])).rejects.toMatchObject({ code: 'rectifier/bad-port' });
  });

  it('are checked', () => {
    const critic = saying('a', {});
    expect(() => createEnsembleCritic([])).toThrow(/at least one/);
    expect(() => createEnsembleCritic([{ critic, weight: 0 }])).toThrow(/a: expected a positive weight/);
    expect(() =>
      createEnsembleCritic([
        { critic, weight: 1 },
        { critic, weight: 1 },
      ]),
    ).toThrow(/distinct/);
    expect(() => createEnsembleCritic([{ critic, weight: 1 }], { threshold: 1.2 })).toThrow(/0 to 1/);
  });
});
