import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import { at, type Case, type CaseTable, floats, testConformance } from './conformance.test-support.js';
import { MORPHOLOGY } from './morphology.js';

const small = (min: number, max: number) => fc.integer({ min, max });

const dilations: fc.Arbitrary<Case> = fc
  .record({
    size: fc.tuple(small(1, 3), small(1, 3)),
    more: fc.tuple(small(0, 3), small(0, 3)),
    strides: fc.tuple(small(1, 2), small(1, 2)),
    dilation: fc.tuple(small(1, 2), small(1, 2)),
    pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
    batch: small(1, 2),
    channels: small(1, 2),
  })
  .chain(({ size, more, strides, dilation, pad, batch, channels }) => {
    const image = size.map(
      (one, axis) => (one - 1) * (dilation[axis] as number) + 1 + (more[axis] as number),
    );
    return fc.tuple(floats([batch, ...image, channels]), floats([...size, channels])).map(
      ([x, filter]): Case => ({
        label: `[${x.shape.join()}] by [${filter.shape.join()}], strides ${strides.join()}, dilations ${dilation.join()}, ${pad}`,
        inputs: { x, filter },
        run: (inputs) =>
          tf.dilation2d(
            at(inputs, 'x') as tf.Tensor4D,
            at(inputs, 'filter') as tf.Tensor3D,
            strides,
            pad,
            dilation,
          ),
        wrt: ['x', 'filter'],
      }),
    );
  });

const CASES: CaseTable = {
  Dilation2D: dilations,
  Dilation2DBackpropInput: dilations,
  Dilation2DBackpropFilter: dilations,
};

describe('morphology, captured and on cpu', () => {
  testConformance(MORPHOLOGY, CASES);
});
