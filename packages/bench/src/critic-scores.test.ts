import { describe, expect, test } from 'vitest';
import { type CriticJudgement, criticScores } from './critic-scores.js';

const judgements: readonly CriticJudgement[] = [
  { group: 'a', wrong: ['object'], found: ['object'] },
  { group: 'a', wrong: ['object'], found: [] },
  { group: 'b', wrong: [], found: ['object'] },
  // Refused rightly, for another reason.
  { group: 'b', wrong: ['attribute'], found: ['relation'] },
  { group: 'c', wrong: ['attribute', 'object'], found: ['attribute', 'object'] },
  { group: 'c', wrong: [], found: [] },
];

describe('criticScores', () => {
  test('counts verdicts first, then types, by hand', () => {
    const scores = criticScores(judgements);
    // Wrong: rows 1, 2, 4, 5; refused: 1, 3, 4, 5; both: 1, 4, 5.
    expect(scores[0]).toMatchObject({
      type: 'any',
      wrong: 4,
      found: 4,
      both: 3,
      precision: 0.75,
      recall: 0.75,
    });
    expect(scores.map(({ type, wrong, found, both }) => [type, wrong, found, both])).toEqual([
      ['any', 4, 4, 3],
      ['attribute', 2, 1, 1],
      ['object', 3, 3, 2],
      ['relation', 0, 1, 0],
    ]);
    expect(scores[2]?.precision).toBeCloseTo(2 / 3, 12);
    expect(scores[1]?.recall).toBe(0.5);
  });

  test('has no share where there is nothing to divide by', () => {
    const [any, ...types] = criticScores([{ group: 'a', wrong: [], found: [] }]);
    expect(types).toEqual([]);
    expect(any).toMatchObject({ wrong: 0, found: 0, precision: Number.NaN, recall: Number.NaN });
    expect(any?.precisionInterval).toEqual([Number.NaN, Number.NaN]);
    const relation = criticScores(judgements).find(({ type }) => type === 'relation');
    expect(relation).toMatchObject({ precision: 0, recall: Number.NaN });
  });

  test('intervals are drawn by group: a critic that is right on every image has none to speak of', () => {
    const sure = ['a', 'b', 'c'].flatMap((group) => [
      { group, wrong: ['object'], found: ['object'] },
      { group, wrong: ['object'], found: [] },
    ]);
    const [any] = criticScores(sure);
    expect(any?.precisionInterval).toEqual([1, 1]);
    expect(any?.recallInterval).toEqual([0.5, 0.5]);
    const [mixed] = criticScores(judgements);
    expect(mixed?.precisionInterval[0]).toBeLessThan(mixed?.precisionInterval[1] ?? 0);
  });
});
