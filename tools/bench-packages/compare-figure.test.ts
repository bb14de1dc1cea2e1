import { expect, test } from 'vitest';
import { compareFigure } from './compare-figure.js';
import { type FigureKind, figureOf } from './figure.js';
import { joinPasses, type PassedFigure } from './join-passes.js';

const time = { unit: 'ms', better: 'lower' } as const;
const rate = { unit: 'answers a second', better: 'higher' } as const;

/** A figure of which each pass gave a value. */
function passed(values: readonly number[], kind: FigureKind = time): PassedFigure {
  const [figure] = joinPasses(values.map((value) => [figureOf('f', [value], kind)]));
  if (figure === undefined) throw new Error('no passes');
  return figure;
}

test('a figure is the median and the quartiles of its runs, whatever their order', () => {
  expect(figureOf('f', [5, 1, 4, 2, 3], { ...time, per: 'text' }, [9, 7, 8])).toEqual({
    ...{ name: 'f', unit: 'ms', per: 'text', better: 'lower' },
    ...{ median: 3, quartiles: [2, 4], runs: 5, processor: 8 },
  });
  expect(() => figureOf('f', [], time)).toThrow('f: expected finite values');
  expect(() => figureOf('f', [1, Number.NaN], time)).toThrow('f: expected finite values');
  expect(() => figureOf('f', [1], time, [Number.NaN])).toThrow('f: expected finite values');
});

test('twice as fast is better, as a time halved and as a rate doubled', () => {
  const [slow, fast] = [
    [10, 11, 12],
    [5, 5.5, 6],
  ] as const;
  expect(compareFigure(passed(fast), passed(slow))).toEqual({ ratio: 0.5, verdict: 'better' });
  expect(compareFigure(passed(slow), passed(fast))).toEqual({ ratio: 2, verdict: 'worse' });
  expect(compareFigure(passed(slow, rate), passed(fast, rate))).toEqual({ ratio: 2, verdict: 'better' });
  expect(compareFigure(passed(fast, rate), passed(slow, rate))?.verdict).toBe('worse');
});

test('it is the processor’s time that is compared: what another program’s load does to the clock is no verdict', () => {
  const run = (clock: number, processor: number) =>
    joinPasses([0, 1, 2].map((pass) => [figureOf('f', [clock + pass], time, [processor + pass / 10])]))[0];
  const [quiet, busy, slower] = [run(10, 10), run(90, 11), run(90, 20)];
  if (!quiet || !busy || !slower) throw new Error('no figures');
  expect(compareFigure(busy, quiet)).toEqual({ ratio: 11.1 / 10.1, verdict: 'same' });
  expect(compareFigure(slower, quiet)?.verdict).toBe('worse');
});

test('one pass among the other run’s, or less than a quarter, is no verdict', () => {
  expect(compareFigure(passed([30, 31, 10.5]), passed([10, 11, 12]))?.verdict).toBe('same');
  expect(compareFigure(passed([30, 31, 12.5]), passed([10, 11, 12]))?.verdict).toBe('worse');
  expect(compareFigure(passed([12, 12.1, 12.2]), passed([10, 10.1, 10.2]))?.verdict).toBe('same');
  expect(compareFigure(passed([10, 10.1, 10.2]), passed([12, 12.1, 12.2]))?.verdict).toBe('same');
  expect(compareFigure(passed([30, 31, 32]), passed([20, 21, 22]))?.verdict).toBe('worse');
  expect(compareFigure(passed([30, 31, 32]), passed([20, 21, 22]), 2)?.verdict).toBe('same');
  // There is no telling what another pass would have given.
  expect(compareFigure(passed([30]), passed([10, 11, 12]))).toEqual({ ratio: 30 / 11, verdict: 'same' });
});

test('what does not vary is exact, though not a time', () => {
  const size = { unit: 'bytes', better: 'lower' } as const;
  expect(compareFigure(passed([101, 101], size), passed([100], size))?.verdict).toBe('worse');
  expect(compareFigure(passed([100], size), passed([100], size))).toEqual({ ratio: 1, verdict: 'same' });
  expect(compareFigure(passed([11, 11]), passed([10, 10]))?.verdict).toBe('same');
});

test('what is made of other figures has a ratio and no verdict', () => {
  const times = { unit: 'times', better: 'neither' } as const;
  expect(compareFigure(passed([9, 9], times), passed([3, 3], times))).toEqual({ ratio: 3, verdict: 'same' });
});

test('there is no ratio to what was not there, or was measured otherwise', () => {
  const now = passed([1, 2, 3]);
  const absent = { name: 'f', absent: 'no kernel' };
  expect(compareFigure(now, undefined)).toBeUndefined();
  expect(compareFigure(now, absent)).toBeUndefined();
  expect(compareFigure(absent, now)).toBeUndefined();
  expect(compareFigure(now, passed([1, 2, 3], { ...time, per: 'text' }))).toBeUndefined();
  expect(compareFigure(now, passed([1, 2, 3], { ...time, unit: 'bytes' }))).toBeUndefined();
  expect(compareFigure(now, passed([0, 0, 0]))).toBeUndefined();
  const [taken] = joinPasses([[figureOf('f', [2], time, [1])]]);
  expect(compareFigure(now, taken)).toBeUndefined();
});
