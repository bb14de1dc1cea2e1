import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import {
  at,
  type Case,
  type CaseTable,
  floats,
  realInputs,
  testConformance,
} from './conformance.test-support.js';
import { FUSED } from './fused.js';

type Activation = Parameters<typeof tf.fused.matMul>[0]['activation'];

const small = (min: number, max: number) => fc.integer({ min, max });

/** A bias and an activation, each of them or none. */
const endings = (channels: number) =>
  fc.record({
    bias: floats([channels]),
    slope: floats([channels]),
    hasBias: fc.boolean(),
    activation: fc.constantFrom<Activation>(
      'linear',
      'relu',
      'relu6',
      'elu',
      'sigmoid',
      'leakyrelu',
      'prelu',
    ),
  });

/** tfjs has gradients for these activations only; that of prelu's slope fails where it was broadcast. */
const differentiable = (activation: Activation) => activation === 'linear' || activation === 'relu';

const products: fc.Arbitrary<Case> = fc
  .tuple(small(1, 3), small(1, 3), small(1, 3), fc.boolean(), fc.boolean())
  .chain(([rows, inner, columns, transposeA, transposeB]) =>
    fc
      .tuple(
        floats(transposeA ? [inner, rows] : [rows, inner]),
        floats(transposeB ? [columns, inner] : [inner, columns]),
        endings(columns),
      )
      .map(([a, b, { bias, slope, hasBias, activation }]): Case => {
        const given = { a, b, ...(hasBias ? { bias } : {}) };
        return {
          label: `[${a.shape.join()}] by [${b.shape.join()}], ${transposeA}, ${transposeB}, ${Object.keys(given).join()}, ${activation}`,
          inputs: { ...given, slope },
          run: (inputs) =>
            tf.fused.matMul({
              a: at(inputs, 'a'),
              b: at(inputs, 'b'),
              transposeA,
              transposeB,
              ...(hasBias ? { bias: at(inputs, 'bias') } : {}),
              ...(activation === undefined ? {} : { activation }),
              ...(activation === 'prelu' ? { preluActivationWeights: at(inputs, 'slope') } : {}),
              leakyreluAlpha: 0.3,
            }),
          wrt: differentiable(activation) ? realInputs(given) : [],
        };
      }),
  );

const convolutions = (isDepthwise: boolean): fc.Arbitrary<Case> =>
  fc
    .record({
      batch: small(1, 2),
      height: small(3, 5),
      width: small(3, 5),
      channels: small(1, 3),
      outputs: small(1, 3),
      stride: small(1, 2),
      pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      // tfjs's cpu backend convolves depthwise with channels last only.
      format: isDepthwise
        ? fc.constant<'NHWC' | 'NCHW'>('NHWC')
        : fc.constantFrom<'NHWC' | 'NCHW'>('NHWC', 'NCHW'),
    })
    .chain(({ batch, height, width, channels, outputs, stride, pad, format }) =>
      fc
        .tuple(
          floats(format === 'NHWC' ? [batch, height, width, channels] : [batch, channels, height, width]),
          floats([3, 2, channels, outputs]),
          endings(isDepthwise ? channels * outputs : outputs),
        )
        .map(([x, filter, { bias, slope, hasBias, activation }]): Case => {
          const given = { x, filter, ...(hasBias ? { bias } : {}) };
          const run = isDepthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
          return {
            label: `[${x.shape.join()}] by [${filter.shape.join()}], stride ${stride}, ${pad}, ${format}, ${Object.keys(given).join()}, ${activation}`,
            inputs: { ...given, slope },
            run: (inputs) =>
              run({
                x: at(inputs, 'x') as tf.Tensor4D,
                filter: at(inputs, 'filter') as tf.Tensor4D,
                strides: stride,
                pad,
                dataFormat: format,
                ...(hasBias ? { bias: at(inputs, 'bias') } : {}),
                ...(activation === undefined ? {} : { activation }),
                ...(activation === 'prelu' ? { preluActivationWeights: at(inputs, 'slope') } : {}),
                leakyreluAlpha: 0.3,
              }),
            wrt: differentiable(activation) && format === 'NHWC' ? realInputs(given) : [],
          };
        }),
    );

const CASES: CaseTable = {
  _FusedMatMul: products,
  FusedConv2D: convolutions(false),
  FusedDepthwiseConv2D: convolutions(true),
};

describe('fused kernels, captured and on cpu', () => {
  testConformance(FUSED, CASES);
});
