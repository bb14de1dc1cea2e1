import { expect, test } from 'vitest';
import { compareFigure } from './compare-figure.js';
import { figureOf } from './figure.js';

const time = { unit: 'ms', better: 'lower' } as const;
const rate = { unit: 'MB a second', better: 'higher' } as const;

test('a figure is the median and the quartiles of its runs, whatever their order', () => {
  expect(figureOf('f', [5, 1, 4, 2, 3], { ...time, per: 'text' })).toEqual({
    ...{ name: 'f', unit: 'ms', per: 'text', better: 'lower' },
    ...{ median: 3, quartiles: [2, 4], runs: 5 },
  });
  expect(() => figureOf('f', [], time)).toThrow('f: expected finite values');
  expect(() => figureOf('f', [1, Number.NaN], time)).toThrow('f: expected finite values');
});

test('twice as fast is better, as a time halved and as a rate doubled', () => {
  const [slow, fast] = [
    [10, 11, 12],
    [5, 5.5, 6],
  ] as const;
  expect(compareFigure(figureOf('f', fast, time), figureOf('f', slow, time))).toEqual({
    ...{ ratio: 0.5, verdict: 'better' },
  });
  expect(compareFigure(figureOf('f', slow, time), figureOf('f', fast, time))?.verdict).toBe('worse');
  expect(compareFigure(figureOf('f', slow, rate), figureOf('f', fast, rate))).toEqual({
    ...{ ratio: 2, verdict: 'better' },
  });
  expect(compareFigure(figureOf('f', fast, rate), figureOf('f', slow, rate))?.verdict).toBe('worse');
});

test('a ratio within the spread has no verdict, however large', () => {
  const [wide, apart] = [
    [5, 10, 40],
    [11, 30, 60],
  ] as const;
  expect(compareFigure(figureOf('f', apart, time), figureOf('f', wide, time))).toEqual({
    ...{ ratio: 3, verdict: 'same' },
  });
  // Quartiles that touch are not apart.
  expect(compareFigure(figureOf('f', [3], time), figureOf('f', [3], time))).toEqual({
    ...{ ratio: 1, verdict: 'same' },
  });
});

test('there is no ratio to what was not there, or was measured otherwise', () => {
  const now = figureOf('f', [1, 2, 3], time);
  expect(compareFigure(now, undefined)).toBeUndefined();
  expect(compareFigure(now, { name: 'f', absent: 'no kernel' })).toBeUndefined();
  expect(compareFigure({ name: 'f', absent: 'no kernel' }, now)).toBeUndefined();
  expect(compareFigure(now, figureOf('f', [1, 2, 3], { ...time, per: 'text' }))).toBeUndefined();
  expect(compareFigure(now, figureOf('f', [1, 2, 3], { ...time, unit: 'bytes' }))).toBeUndefined();
  expect(compareFigure(now, figureOf('f', [0, 0, 0], time))).toBeUndefined();
});
