import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientCall, type GradientTable, summedTo, unmoved } from '../gradient.js';

/** dy times a partial derivative of y = f(a, b), in the broadcast shape. */
type Partial = (call: GradientCall & { readonly a: tf.Tensor; readonly b: tf.Tensor }) => tf.Tensor;

const real = (x: tf.Tensor) => tf.cast(x, 'float32');
const zeros: Partial = ({ dy }) => tf.zerosLike(dy);

/**
 * The gradient of y = f(a, b), elementwise: dA = sum over broadcast axes of dy df/da, dB likewise.
 *
 * tfjs does not sum over an axis that was broadcast to length 0, and some of its gradients over none.
 */
function binary(byA: Partial, byB: Partial, outputs: readonly number[] = [], names = ['a', 'b']): Gradient {
  const [first, second] = names as [string, string];
  return {
    saves: names,
    outputs,
    of: (call) => {
      const [a, b] = [call.input(first), call.input(second)];
      return {
        [first]: () => summedTo(byA({ ...call, a, b }), a.shape),
        [second]: () => summedTo(byB({ ...call, a, b }), b.shape),
      };
    },
  };
}

/** dy where a condition holds, else 0: also where dy is infinite. */
function where(condition: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return tf.where(condition, dy, tf.zerosLike(dy));
}

/** b a^(b - 1), and 0 where a and b are: tfjs has 0 times infinity there. */
function powerByBase(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [base, exponent] = [real(a), real(b)];
  const isZero = tf.logicalAnd(tf.equal(base, 0), tf.equal(exponent, 0));
  return tf.mul(exponent, tf.pow(tf.where(isZero, tf.onesLike(base), base), tf.sub(exponent, 1)));
}

/** Two tensors into one, with broadcasting. */
export const ARITHMETIC: GradientTable = {
  Add: binary(
    ({ dy }) => dy,
    ({ dy }) => dy,
  ),
  Sub: {
    saves: ['a', 'b'],
    of: ({ dy, input }) => ({
      a: () => summedTo(dy, input('a').shape),
      b: () => tf.neg(summedTo(dy, input('b').shape)),
    }),
  },
  Multiply: binary(
    ({ dy, b }) => tf.mul(dy, real(b)),
    ({ dy, a }) => tf.mul(dy, real(a)),
  ),
  // y = a / b: dA = dy / b, dB = -dy a / b².
  RealDiv: {
    saves: ['a', 'b'],
    of: ({ dy, input }) => {
      const [a, b] = [input('a'), input('b')];
      return {
        a: () => summedTo(tf.div(dy, real(b)), a.shape),
        b: () => tf.neg(tf.div(summedTo(tf.mul(dy, real(a)), b.shape), tf.square(real(b)))),
      };
    },
  },
  // Steps have slope 0 (TensorFlow too); tfjs has the gradient of the quotient before rounding.
  FloorDiv: binary(zeros, zeros),
  // y = a - b floor(a / b).
  Mod: binary(
    ({ dy }) => dy,
    ({ dy, a, b }) => tf.mul(dy, tf.neg(tf.floor(tf.div(real(a), real(b))))),
  ),
  // y = a^b: dA = dy b a^(b - 1), dB = dy y log a, 0 where a <= 0 (TensorFlow's choice). The logarithm is
  // taken of 1 there: that of 0 would make the second gradient NaN.
  Pow: binary(
    ({ dy, a, b }) => tf.mul(dy, powerByBase(a, b)),
    ({ dy, a, output }) => {
      const base = real(a);
      const isPositive = tf.greater(base, 0);
      const logarithm = tf.log(tf.where(isPositive, base, tf.onesLike(base)));
      return tf.mul(dy, tf.mul(output(0), logarithm));
    },
    [0],
  ),
  // y = atan2(a, b): dA = dy b / (a² + b²), dB = -dy a / (a² + b²).
  Atan2: binary(
    ({ dy, a, b }) => tf.mul(dy, tf.div(real(b), tf.add(tf.square(real(a)), tf.square(real(b))))),
    ({ dy, a, b }) => tf.neg(tf.mul(dy, tf.div(real(a), tf.add(tf.square(real(a)), tf.square(real(b)))))),
  ),
  // Of equals, a is the one chosen (as in TensorFlow).
  Maximum: binary(
    ({ dy, a, b }) => where(tf.greaterEqual(a, b), dy),
    ({ dy, a, b }) => where(tf.less(a, b), dy),
  ),
  Minimum: binary(
    ({ dy, a, b }) => where(tf.lessEqual(a, b), dy),
    ({ dy, a, b }) => where(tf.greater(a, b), dy),
  ),
  // y = (a - b)².
  SquaredDifference: binary(
    ({ dy, a, b }) => tf.mul(dy, tf.mul(tf.sub(real(a), real(b)), 2)),
    ({ dy, a, b }) => tf.mul(dy, tf.mul(tf.sub(real(b), real(a)), 2)),
  ),
  // y = x where x > 0, else alpha x.
  Prelu: binary(
    ({ dy, a, b }) => tf.where(tf.greater(a, 0), dy, tf.mul(dy, real(b))),
    ({ dy, a }) => tf.where(tf.greater(a, 0), tf.zerosLike(dy), tf.mul(dy, real(a))),
    [],
    ['x', 'alpha'],
  ),
  // tfjs multiplies by the condition, which makes NaN of an infinite slope of the element that was not chosen.
  Select: {
    saves: ['condition'],
    of: ({ dy, input }) => ({
      condition: () => unmoved(input('condition')),
      t: () => where(input('condition'), dy),
      e: () => tf.where(input('condition'), tf.zerosLike(dy), dy),
    }),
  },
};
