import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import type { TensorMap } from '../tensors.js';
import {
  at,
  type Case,
  type CaseTable,
  completeCpu,
  finite,
  floats,
  realInputs,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { NORMALISATION } from './normalisation.js';

completeCpu('LogSoftmax', ({ logits }, { axis }) => {
  const x = logits as tf.Tensor;
  const shifted = tf.sub(x, tf.max(x, axis as number, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axis as number, true)));
});

/** Images or lists, with one mean, variance, scale and offset a channel; the last two may be left out. */
const batchNorm: fc.Arbitrary<Case> = fc
  .tuple(shapes(2, 4, 1), fc.boolean(), fc.boolean(), fc.constantFrom(1e-3, 0.5))
  .chain(([shape, hasOffset, hasScale, epsilon]) => {
    const channels = shape.slice(-1);
    return fc
      .record({
        x: floats(shape),
        mean: floats(channels),
        variance: floats(channels, finite(0.1, 4)),
        offset: floats(channels),
        scale: floats(channels),
      })
      .map(({ x, mean, variance, offset, scale }): Case => {
        const given = { x, mean, variance, ...(hasOffset ? { offset } : {}), ...(hasScale ? { scale } : {}) };
        return {
          label: `[${shape.join()}], ${Object.keys(given).join()}, epsilon ${epsilon}`,
          inputs: given,
          run: (inputs) =>
            tf.batchNorm(
              at(inputs, 'x'),
              at(inputs, 'mean'),
              at(inputs, 'variance'),
              hasOffset ? (at(inputs, 'offset') as tf.Tensor1D) : undefined,
              hasScale ? (at(inputs, 'scale') as tf.Tensor1D) : undefined,
              epsilon,
            ),
          // tfjs's gradient fails without a scale or an offset.
          wrt: hasScale && hasOffset ? realInputs(given) : [],
        };
      });
  });

const localResponse = fc
  .record({
    shape: shapes(3, 4).filter((shape) => (shape.at(-1) as number) > 0),
    radius: fc.integer({ min: 0, max: 4 }),
    bias: fc.constantFrom(1, 2),
    alpha: fc.constantFrom(1, 0.3),
    beta: fc.constantFrom(0.5, 0.75, 1),
  })
  .chain(({ shape, radius, bias, alpha, beta }) =>
    floats(shape).map((x) => ({
      attributes: { radius, bias, alpha, beta },
      label: `[${shape.join()}], radius ${radius}, bias ${bias}, alpha ${alpha}, beta ${beta}`,
      inputs: { x },
      run: (inputs: TensorMap): tf.Tensor =>
        tf.localResponseNormalization(at(inputs, 'x') as tf.Tensor4D, radius, bias, alpha, beta),
      wrt: ['x'],
    })),
  );

const CASES: CaseTable = {
  FusedBatchNorm: batchNorm,
  LRN: localResponse,
  // This package's gradient does not take it; a program may call the kernel itself.
  LRNGrad: localResponse
    .filter(({ inputs }) => inputs.x.shape.length === 4)
    .map((call) => ({
      ...call,
      inputs: call.inputs,
      run: (inputs) => {
        const x = at(inputs, 'x');
        const { radius: depthRadius, ...rest } = call.attributes;
        return tf
          .engine()
          .runKernel('LRNGrad', { x, y: call.run(inputs), dy: tf.cos(x) }, { depthRadius, ...rest });
      },
      wrt: [],
    })),
  // tfjs's function composes it; a program may call the kernel itself.
  LogSoftmax: fc
    .tuple(shapes(1, 4, 1), fc.nat(), fc.boolean())
    .chain(([shape, place, isFar]) =>
      fc.tuple(floats(shape, isFar ? finite(-90, 90) : finite()), fc.constant(place % shape.length)),
    )
    .map(([logits, axis]) => ({
      label: `[${logits.shape.join()}], axis ${axis}`,
      inputs: { logits },
      run: (inputs) => tf.engine().runKernel('LogSoftmax', { logits: at(inputs, 'logits') }, { axis }),
      wrt: ['logits'],
    })),
};

describe('normalisation, captured and on cpu', () => {
  testConformance(NORMALISATION, CASES);
});
