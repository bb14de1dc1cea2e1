import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { stage1Loss } from './stage1-loss.js';
import { expectGradient, expectNoLeak, numberOf } from './test-support.js';

const weights = { global: 1, regionText: 0.2, spatial: 0.1 };
const terms = () => ({ global: tf.scalar(2), regionText: tf.scalar(5), spatial: tf.scalar(3) });

test('by hand: 1 * 2 + 0.2 * 5 + 0.1 * 3 = 3.3, parts unweighted', () => {
  const { total, ...parts } = stage1Loss(terms(), weights);
  expect(numberOf(total)).toBeCloseTo(3.3, 6);
  expect(Object.entries(parts).map(([name, part]) => [name, numberOf(part)])).toEqual([
    ['global', 2],
    ['regionText', 5],
    ['spatial', 3],
  ]);
});

test('a term that is left out is no part; a weight of 0 reports without training', () => {
  const { total, ...parts } = stage1Loss(
    { global: tf.scalar(2), spatial: tf.scalar(9) },
    { ...weights, spatial: 0 },
  );
  expect(numberOf(total)).toBe(2);
  expect(Object.keys(parts)).toEqual(['global', 'spatial']);
});

test('gradient and tensors', () => {
  const { global, regionText, spatial } = terms();
  expectGradient(
    (a, b, c) => stage1Loss({ global: a, regionText: b, spatial: c }, weights).total,
    [global, regionText, spatial],
  );
  expectNoLeak(() => stage1Loss({ global, regionText, spatial }, weights).total);
});

test('refuses weights below 0 or not finite, all at once, missing terms and rows', () => {
  expect(() => stage1Loss(terms(), { global: -1, regionText: Number.NaN, spatial: 1 })).toThrow(
    'stage1Loss: expected weights >= 0, got global: -1, regionText: NaN',
  );
  expect(() => stage1Loss({}, weights)).toThrow('expected at least one of global, regionText, spatial');
  expect(() => stage1Loss({ global: tf.zeros([2]) }, weights)).toThrow(
    'expected global to be a scalar, got [2]',
  );
});
