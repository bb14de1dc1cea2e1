import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import type { TensorType } from '../tensors.js';
import { ANY_REAL, type CaseTable, finite, shapes, testConformance } from './conformance.test-support.js';
import { constant } from './elementwise.test-support.js';
import { CREATION } from './creation.js';

const CASES: CaseTable = {
  Fill: fc
    .tuple(
      shapes(),
      fc.oneof(ANY_REAL, fc.integer({ min: 0, max: 1 })),
      fc.constantFrom<TensorType>('float32', 'int32', 'bool'),
    )
    .map(([shape, value, dtype]) => ({
      label: `${value} as ${dtype} [${shape.join()}]`,
      inputs: {},
      run: () => tf.fill(shape, dtype === 'float32' ? value : Math.abs(value) > 0 ? 1 : 0, dtype),
    })),
  ZerosLike: constant(tf.zerosLike),
  OnesLike: constant(tf.onesLike),
  Range: fc
    .tuple(
      fc.integer({ min: -5, max: 5 }),
      fc.integer({ min: -5, max: 5 }),
      fc.constantFrom(1, 2, 3, -1, -2),
      fc.constantFrom('int32', 'float32' as const),
    )
    .map(([start, stop, step, dtype]) => ({
      label: `${start} to ${stop} by ${step}, ${dtype}`,
      inputs: {},
      run: () => tf.range(start, stop, step, dtype),
    })),
  LinSpace: fc.tuple(finite(), finite(), fc.integer({ min: 1, max: 6 })).map(([start, stop, count]) => ({
    label: `${start} to ${stop} in ${count}`,
    inputs: {},
    run: () => tf.linspace(start, stop, count),
  })),
};

describe('tensors made of attributes, captured and on cpu', () => {
  testConformance(CREATION, CASES);
});
