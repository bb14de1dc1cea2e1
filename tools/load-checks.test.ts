import { describe, expect, it } from 'vitest';

interface Reply {
  readonly number: number;
  readonly ids: readonly string[];
  readonly text: string;
  readonly ends: number;
  readonly report: string;
}
interface LoadChecks {
  readonly createReplies: () => (reply: Reply) => string;
  readonly createFirstAnswers: (patience: number) => {
    answer(number: number, now: number): void;
    twice(): number;
  };
  readonly memoryCheck: (
    during: readonly number[],
    after: readonly number[],
    options: { readonly share: number; readonly slack: number },
  ) => { readonly median: number; readonly last: number; readonly bound: number; readonly holds: boolean };
}
const { createReplies, createFirstAnswers, memoryCheck } = (await import(
  new URL('load-checks.mjs', import.meta.url).href
)) as LoadChecks;

describe('createReplies', () => {
  const own: Reply = { number: 7, ids: ['chatcmpl-7-1'], text: 'answer 7 draft', ends: 1, report: 'a' };

  it('knows a reply that is its own once', () => {
    const take = createReplies();
    expect(take(own)).toBe('once');
    expect(take({ ...own, number: 8, ids: ['chatcmpl-8-2'], text: 'answer 8 draft', report: 'b' })).toBe(
      'once',
    );
  });

  it('knows one that is given again, to whomever', () => {
    const take = createReplies();
    take(own);
    expect(take(own)).toBe('twice');
    expect(take({ ...own, number: 8 })).toBe('foreign');
    // Another answer to the same request, reported as the one before.
    expect(take({ ...own, ids: ['chatcmpl-7-2'] })).toBe('twice');
  });

  it.each([
    ['ends twice', { ends: 2 }],
    ['has two answers', { text: 'answer 7 draftanswer 7 revised' }],
    ['is of two completions', { ids: ['chatcmpl-7-1', 'chatcmpl-7-2'] }],
    ['never ends', { ends: 0 }],
  ])('knows one that %s', (_, change) => {
    expect(createReplies()({ ...own, ...change })).toBe('twice');
  });

  it.each([
    ['id', { ids: ['chatcmpl-71-1'] }],
    ['text', { text: 'answer 71 draft' }],
  ])("knows another's by its %s", (_, change) => {
    expect(createReplies()({ ...own, ...change })).toBe('foreign');
  });
});

it('knows a first answer that is asked for again though it was given in time', () => {
  const firsts = createFirstAnswers(5000);
  firsts.answer(1, 0);
  firsts.answer(2, 10);
  // The caller no longer waits.
  firsts.answer(1, 5000);
  expect(firsts.twice()).toBe(0);
  firsts.answer(2, 400);
  expect(firsts.twice()).toBe(1);
});

it('knows memory that grows beyond the bound', () => {
  const bounds = { share: 1.25, slack: 10 };
  // Of six readings the third and the fourth are the middle: 80 and 90, of which 90 is taken.
  const during = [20, 60, 80, 90, 200, 200];
  expect(memoryCheck(during, [150, 122], bounds)).toEqual({
    median: 90,
    last: 122,
    bound: 122.5,
    holds: true,
  });
  expect(memoryCheck(during, [150, 123], bounds).holds).toBe(false);
});
