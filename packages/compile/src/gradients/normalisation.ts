import * as tf from '@tensorflow/tfjs-core';
import { type GradientTable, shapedAs, summedTo, unmoved } from '../gradient.js';
import type { KernelAttributes } from '../kernel.js';

/** Sums over the channels at most `depthRadius` away, by a matrix of ones beside its diagonal. */
function neighbours(x: tf.Tensor, depthRadius: number): tf.Tensor {
  const channels = x.shape.at(-1) as number;
  const band = Float32Array.from({ length: channels ** 2 }, (_, at) =>
    Math.abs(Math.floor(at / channels) - (at % channels)) <= depthRadius ? 1 : 0,
  );
  const rows = shapedAs(x, [x.size / channels, channels]);
  return shapedAs(tf.matMul(rows, tf.tensor(band, [channels, channels])), x.shape);
}

/** dX = dy n^-b - 2 a b x sum(dy x n^(-b-1)) of the local response normalisation y = x n^-b, n = bias + a sum(x²). */
function localResponseGradient(x: tf.Tensor, dy: tf.Tensor, attributes: KernelAttributes): tf.Tensor {
  const { depthRadius, bias, alpha, beta } = attributes as {
    depthRadius: number;
    bias: number;
    alpha: number;
    beta: number;
  };
  const norm = tf.add(tf.mul(neighbours(tf.square(x), depthRadius), alpha), bias);
  const shares = tf.mul(dy, tf.mul(x, tf.pow(norm, -beta - 1)));
  const shared = tf.mul(x, tf.mul(neighbours(shares, depthRadius), 2 * alpha * beta));
  return tf.sub(tf.mul(dy, tf.pow(norm, -beta)), shared);
}

/** Batch and local response normalisation. */
export const NORMALISATION: GradientTable = {
  // tfjs's gradient kernel has no gradient in turn, and takes y for a constant.
  LRN: {
    saves: ['x'],
    of: ({ dy, input, attributes }) => ({
      x: () => {
        const x = input('x');
        return x.size === 0 ? unmoved(x) : localResponseGradient(x, dy, attributes);
      },
    }),
  },
  // y = (x - mean) scale r + offset with r = (variance + epsilon)^-1/2: dX = dy scale r, dMean = -sum dX,
  // dVariance = -1/2 sum dy scale (x - mean) r³, dScale = sum dy (x - mean) r, dOffset = sum dy. tfjs sums
  // over the last axis alone.
  FusedBatchNorm: {
    saves: ['x', 'mean', 'variance', 'scale'],
    of: ({ dy, input, attributes }) => {
      const [x, mean, variance] = [input('x'), input('mean'), input('variance')];
      const epsilon = (attributes['varianceEpsilon'] as number | undefined) ?? 0.001;
      const inverse = () => tf.rsqrt(tf.add(variance, epsilon));
      const scaled = () => tf.mul(dy, input('scale'));
      const { shape } = mean;
      return {
        x: () => tf.mul(scaled(), inverse()),
        mean: () => tf.neg(summedTo(tf.mul(scaled(), inverse()), shape)),
        variance: () => {
          const cube = tf.mul(tf.mul(inverse(), inverse()), inverse());
          return tf.mul(summedTo(tf.mul(scaled(), tf.mul(tf.sub(x, mean), cube)), shape), -0.5);
        },
        scale: () => summedTo(tf.mul(dy, tf.mul(tf.sub(x, mean), inverse())), shape),
        offset: () => summedTo(dy, shape),
      };
    },
  },
};
