import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { CAPTURED_KERNELS } from '../capture.js';
import { NOT_CAPTURED } from '../not-captured.js';
import { FAMILIES } from './families.js';

/** tfjs-core exports the name of each kernel as a constant: `_FusedMatMul`, `Conv2D`. */
const NAMES = Object.values(tf as Readonly<Record<string, unknown>>).filter(
  (value): value is string => typeof value === 'string' && /^_?[A-Z]/.test(value),
);

test("each of tfjs's kernels is captured or refused with a reason, none both", () => {
  expect(NAMES.length).toBeGreaterThan(170);
  expect([...CAPTURED_KERNELS, ...Object.keys(NOT_CAPTURED)].sort()).toEqual(NAMES.toSorted());
});

test('a kernel is of one family', () => {
  const kernels = Object.values(FAMILIES).flatMap((family) => Object.keys(family));
  expect(kernels.sort()).toEqual(CAPTURED_KERNELS);
});

test("each of tfjs's kernels with a gradient is captured, unless it is complex", () => {
  const differentiable = NAMES.filter((name) => tf.getGradient(name) !== undefined);
  expect(differentiable.length).toBeGreaterThan(80);
  expect(differentiable.filter((name) => !CAPTURED_KERNELS.includes(name))).toEqual(['ComplexAbs']);
});

// `testConformance` itself wants a case for each kernel of its family.
test.each(Object.keys(FAMILIES))('the family "%s" has a test of conformance', (family) => {
  const file = readFileSync(new URL(`${family}.test.ts`, import.meta.url), 'utf8');
  expect(file).toContain(`testConformance(${family.toUpperCase()}, CASES`);
});
