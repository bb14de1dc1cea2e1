import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blindOrder } from './blind-order.js';
import { sampleStudy } from './sample-study.test-support.js';
import { createStudy } from './study.js';

const questions = ['a', 'b', 'c'].map((id) => ({ id, image: `${id}.png`, question: `what is ${id} ?` }));
const answers = (...ids: readonly string[]) => ids.map((id) => ({ id, answer: `it is ${id}` }));
const given = {
  mode: 'rate',
  questions,
  responses: new Map([
    ['one', answers('c', 'a', 'b', 'unasked')],
    ['two', answers('b', 'c', 'a')],
  ]),
  raters: ['anna'],
  seed: 4,
} as const;

describe('createStudy', () => {
  test('joins by id, whatever the order', () => {
    const { items, systems } = createStudy(given);
    expect(systems).toEqual(['one', 'two']);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    for (const { id, responses } of items) expect(responses).toEqual([`it is ${id}`, `it is ${id}`]);
  });

  test('draws the same questions for the same seed', () => {
    const drawn = (seed: number) => createStudy({ ...given, seed, count: 2 }).items.map(({ id }) => id);
    expect(drawn(1)).toEqual(drawn(1));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => drawn(seed).join())).size).toBeGreaterThan(1);
    // Only what is drawn needs responses.
    const [only = ''] = createStudy({ ...given, count: 1 }).items.map(({ id }) => id);
    const responses = new Map([
      ['one', answers(only)],
      ['two', answers(only)],
    ]);
    expect(createStudy({ ...given, responses, count: 1 }).items).toHaveLength(1);
  });

  test.each([
    [
      'one system to compare',
      { responses: new Map([['one', answers('a', 'b', 'c')]]) },
      /two or more systems/,
    ],
    ['two systems to correct', { mode: 'author' as const }, /one system to correct, got those of 2/],
    [
      'a missing response',
      {
        responses: new Map([
          ['one', answers('a', 'b', 'c')],
          ['two', answers('a')],
        ]),
      },
      /two .*none to 2 of 3 \(b, c\)/,
    ],
    [
      'a response twice',
      {
        responses: new Map([
          ['one', answers('a', 'b', 'c', 'b')],
          ['two', answers('a', 'b', 'c')],
        ]),
      },
      /several to b;/,
    ],
    ['a question twice', { questions: [...questions, ...questions.slice(0, 1)] }, /got a twice/],
    ['no rater', { raters: [] }, /raters, each with a name/],
    ['a rater twice', { raters: ['anna', 'anna'] }, /raters, each with a name/],
    ['too many items', { count: 4 }, /1 to 3 questions to show, got 4/],
  ])('refuses %s', (_, change, message) => {
    expect(() => createStudy({ ...given, ...change })).toThrow(message);
  });
});

describe('blindOrder', () => {
  test('shows each item once, and each system once in it', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (seed, rater) => {
        const study = { ...sampleStudy({ items: 5 }), seed };
        const { items, systemsAt } = blindOrder(study, rater);
        expect(items.toSorted()).toEqual([0, 1, 2, 3, 4]);
        for (const position of items.keys()) expect(systemsAt(position).toSorted()).toEqual([0, 1]);
        expect(blindOrder(study, rater).items).toEqual(items);
        expect(systemsAt(5)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('puts either system first about as often, and orders raters apart', () => {
    const study = sampleStudy({ items: 400 });
    const firstsOf = (rater: string) => study.items.map((_, at) => blindOrderOf(rater).systemsAt(at)[0]);
    const orders = new Map(study.raters.map((rater) => [rater, blindOrder(study, rater)]));
    const blindOrderOf = (rater: string) => orders.get(rater) ?? blindOrder(study, rater);
    const [anna = '', ben = ''] = study.raters;
    const second = firstsOf(anna).filter((system) => system === 1).length;
    // Five standard deviations of a fair coin.
    expect(Math.abs(second - 200)).toBeLessThan(50);
    expect(blindOrderOf(anna).items).not.toEqual(blindOrderOf(ben).items);
  });
});
