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
import { CONVOLUTION } from './convolution.js';

const small = (min: number, max: number) => fc.integer({ min, max });

/** Attributes of a convolution along one axis; tfjs wants strides or dilations to be 1. */
const sliding = fc.oneof(fc.tuple(small(1, 3), fc.constant(1)), fc.tuple(fc.constant(1), small(1, 3)));

/** Lengths that a window of `size`, `dilation` apart, fits into. */
const lengths = (size: number, dilation: number) => {
  const least = (size - 1) * dilation + 1;
  return small(least, least + 4);
};

type Padding =
  | 'same'
  | 'valid'
  | number
  | [[number, number], [number, number], [number, number], [number, number]];

/** Images: sizes, strides that do not divide, dilations, paddings of all kinds, channels first and last. */
const planes = (format: 'NHWC' | 'NCHW', withDilation: boolean) =>
  fc
    .record({
      size: fc.tuple(small(1, 3), small(1, 3)),
      steps: fc.tuple(sliding, sliding),
      pad: fc.constantFrom<Padding>('same', 'valid', 1, 2, [
        [0, 0],
        [1, 0],
        [0, 2],
        [0, 0],
      ]),
      batch: small(0, 2).map((count) => Math.max(count, 1)),
      channels: small(1, 3),
      outputs: small(1, 3),
    })
    .map((drawn) => {
      // All strides are 1, or all dilations.
      const strided = drawn.steps[0][1] === 1 || !withDilation;
      const strides = drawn.steps.map(([stride]) => (strided ? stride : 1)) as [number, number];
      const dilations = drawn.steps.map(([, dilation]) => (strided ? 1 : dilation)) as [number, number];
      const pad: Padding =
        Array.isArray(drawn.pad) && format === 'NCHW'
          ? [
              [0, 0],
              [0, 0],
              [1, 0],
              [0, 2],
            ]
          : drawn.pad;
      return { ...drawn, strides, dilations, pad };
    })
    .chain((drawn) =>
      fc
        .tuple(...drawn.size.map((size, axis) => lengths(size, drawn.dilations[axis] as number)))
        .map((image) => ({ ...drawn, image: image as [number, number], format })),
    )
    // With a padding in numbers tfjs reckons the output's width with the filter's height, which may
    // leave less than nothing.
    .filter(
      ({ pad, size, dilations, image }) =>
        typeof pad !== 'number' || image[1] + 2 * pad >= (size[0] - 1) * dilations[0] + 1,
    );

type Plane = typeof planes extends (...args: never[]) => fc.Arbitrary<infer Value> ? Value : never;

const words = ({ image, size, strides, dilations, pad, format }: Plane) =>
  `${image.join('x')} by ${size.join('x')}, strides ${strides.join()}, dilations ${dilations.join()}, ` +
  `pad ${JSON.stringify(pad)}, ${format}`;

function conv2d(withDilation: boolean): fc.Arbitrary<Case> {
  return fc
    .constantFrom<'NHWC' | 'NCHW'>('NHWC', 'NHWC', 'NCHW')
    .chain((format) => planes(format, withDilation))
    .chain((plane) => {
      const { batch, image, channels, size, outputs, strides, dilations, pad, format } = plane;
      const shape = format === 'NHWC' ? [batch, ...image, channels] : [batch, channels, ...image];
      return fc.tuple(floats(shape), floats([...size, channels, outputs])).map(([x, filter]) => ({
        label: words(plane),
        inputs: { x, filter },
        run: (inputs) =>
          tf.conv2d(
            at(inputs, 'x') as tf.Tensor4D,
            at(inputs, 'filter') as tf.Tensor4D,
            strides,
            pad,
            format,
            dilations,
          ),
        wrt: realInputs({ x, filter }),
      }));
    });
}

const depthwise = (withDilation: boolean): fc.Arbitrary<Case> =>
  planes('NHWC', withDilation).chain((plane) => {
    const { batch, image, channels, size, outputs, dilations, pad } = plane;
    // tfjs's cpu backend wants one stride for both axes.
    const strides: [number, number] = [plane.strides[0], plane.strides[0]];
    return fc
      .tuple(floats([batch, ...image, channels]), floats([...size, channels, outputs]))
      .map(([x, filter]) => ({
        label: words({ ...plane, strides }),
        inputs: { x, filter },
        run: (inputs) =>
          tf.depthwiseConv2d(
            at(inputs, 'x') as tf.Tensor4D,
            at(inputs, 'filter') as tf.Tensor4D,
            strides,
            pad,
            'NHWC',
            dilations,
          ),
        wrt: realInputs({ x, filter }),
      }));
  });

const conv3d = (withDilation: boolean): fc.Arbitrary<Case> =>
  fc
    .record({
      size: fc.tuple(small(1, 3), small(1, 2), small(1, 3)),
      stride: fc.tuple(small(1, 2), small(1, 3), small(1, 2)),
      dilation: fc.tuple(small(1, 2), small(1, 2), small(1, 3)),
      strided: fc.boolean(),
      pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      batch: small(1, 2),
      channels: small(1, 2),
      outputs: small(1, 2),
    })
    .chain(({ size, stride, dilation, strided, pad, batch, channels, outputs }) => {
      const strides: [number, number, number] = strided || !withDilation ? stride : [1, 1, 1];
      const dilations: [number, number, number] = strided || !withDilation ? [1, 1, 1] : dilation;
      return fc.tuple(...size.map((one, axis) => lengths(one, dilations[axis] as number))).chain((image) =>
        fc
          .tuple(floats([batch, ...image, channels]), floats([...size, channels, outputs]))
          .map(([x, filter]) => ({
            label: `${image.join('x')} by ${size.join('x')}, strides ${strides.join()}, dilations ${dilations.join()}, ${pad}`,
            inputs: { x, filter },
            run: (inputs: Parameters<Case['run']>[0]) =>
              tf.conv3d(
                at(inputs, 'x') as tf.Tensor5D,
                at(inputs, 'filter') as tf.Tensor5D,
                strides,
                pad,
                'NDHWC',
                dilations,
              ),
            wrt: realInputs({ x, filter }),
          })),
      );
    });

const CASES: CaseTable = {
  Conv2D: conv2d(true),
  Conv2DBackpropInput: conv2d(false),
  Conv2DBackpropFilter: conv2d(false),
  Conv3D: conv3d(true),
  Conv3DBackpropInputV2: conv3d(false),
  Conv3DBackpropFilterV2: conv3d(false),
  DepthwiseConv2dNative: depthwise(true),
  DepthwiseConv2dNativeBackpropInput: depthwise(false),
  DepthwiseConv2dNativeBackpropFilter: depthwise(false),
};

describe('convolutions, captured and on cpu', () => {
  testConformance(CONVOLUTION, CASES);
});
