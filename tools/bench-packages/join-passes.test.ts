import { expect, test } from 'vitest';
import { figureOf } from './figure.js';
import { joinPasses } from './join-passes.js';

const time = { unit: 'ms', better: 'lower' } as const;

test('a single pass keeps the quartiles of its runs; several are their medians, from the lowest to the highest', () => {
  const pass = (...samples: number[]) => [figureOf('f', samples, time)];
  expect(joinPasses([pass(1, 2, 3, 4, 5)])).toEqual([
    { name: 'f', ...time, median: 3, spread: [2, 4], runs: 5, compared: [3] },
  ]);
  expect(joinPasses([pass(1, 2, 3), pass(9), pass(4, 6)])).toEqual([
    { name: 'f', ...time, median: 5, spread: [2, 9], runs: 6, compared: [2, 9, 5] },
  ]);
});

test('a time is compared by what it took of the processor, where every pass says it', () => {
  const pass = (clock: number, processor?: number) => [
    figureOf('f', [clock], time, processor === undefined ? undefined : [processor]),
  ];
  expect(joinPasses([pass(10, 2), pass(40, 3)])).toMatchObject([
    { median: 25, processor: 2.5, compared: [2, 3] },
  ]);
  const [mixed] = joinPasses([pass(10, 2), pass(40)]);
  expect(mixed).toMatchObject({ median: 25, compared: [10, 40] });
  expect(mixed).not.toHaveProperty('processor');
});

test('what one pass lacks is that of the others; what all lack has the reason', () => {
  const there = figureOf('f', [1], time);
  const absent = { name: 'f', absent: 'no kernel' };
  expect(joinPasses([[absent], [there]])).toMatchObject([{ name: 'f', median: 1, compared: [1] }]);
  expect(joinPasses([[absent], [absent], []])).toEqual([absent]);
  expect(joinPasses([[], []])).toEqual([]);
});
