import { expect, it } from 'vitest';
import { roundHalfEven } from './round-half-even.js';

/** What CPython 3.11 prints for `round(value, places)`. */
it.each([
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [0.625, 2, 0.62],
  [2.5, 0, 2],
  [3.5, 0, 4],
  [2.675, 2, 2.67],
  [1.005, 2, 1],
  [33.333333333333336, 2, 33.33],
  [66.66666666666667, 2, 66.67],
  [0.285, 2, 0.28],
  [50.125, 2, 50.12],
  [50.375, 2, 50.38],
  [99.995, 2, 100],
  [62.5, 1, 62.5],
  [0, 2, 0],
  [100, 2, 100],
])('rounds %f to %i places as Python', (value, places, wanted) => {
  expect(roundHalfEven(value, places)).toBe(wanted);
});
