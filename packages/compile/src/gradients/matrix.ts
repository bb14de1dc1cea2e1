import * as tf from '@tensorflow/tfjs-core';
import { type GradientTable, shapedAs, summedTo } from '../gradient.js';

/** The gradient of a factor of an equation of one or two: the equation with the factor and the result changed over. */
function factorGradient(equation: string, factors: readonly tf.Tensor[], dy: tf.Tensor, which: number) {
  const [terms, result] = equation.replaceAll(/\s/g, '').split('->') as [string, string];
  const all = terms.split(',');
  const own = all[which] as string;
  const other = 1 - which;
  const { shape } = factors[which] as tf.Tensor;
  const rest = all.length === 1 ? undefined : { term: all[other] as string, x: factors[other] as tf.Tensor };
  // Letters that are in the factor alone were summed over: along them the gradient is the same everywhere.
  const known = Array.from(own).filter((letter) => result.includes(letter) || rest?.term.includes(letter));
  const target = known.join('');
  const contracted = (term: string, x: tf.Tensor) =>
    term === target ? x : tf.einsum(`${term}->${target}`, x);
  let slopes: tf.Tensor;
  if (rest === undefined) slopes = contracted(result, dy);
  else if (result === '') slopes = tf.mul(dy, contracted(rest.term, rest.x));
  else if (rest.term === '') slopes = tf.mul(rest.x, contracted(result, dy));
  else slopes = tf.einsum(`${result},${rest.term}->${target}`, dy, rest.x);
  const thin = shape.map((length, axis) => (known.includes(own.charAt(axis)) ? length : 1));
  return tf.mul(shapedAs(slopes, thin), tf.ones(shape));
}

/** Products of matrices and sums of products. */
export const MATRIX: GradientTable = {
  // C = A B: dA = dC B', dB = A' dC, and of transposed factors the transposes; summed over batches that were
  // broadcast, where tfjs fails.
  BatchMatMul: {
    saves: ['a', 'b'],
    of: ({ dy, input, attributes }) => {
      const [a, b] = [input('a'), input('b')];
      const transposeA = attributes['transposeA'] === true;
      const transposeB = attributes['transposeB'] === true;
      return {
        a: () =>
          summedTo(
            transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
            a.shape,
          ),
        b: () =>
          summedTo(
            transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
            b.shape,
          ),
      };
    },
  },
  // y = sum over letters that are not in the result of the product of the factors. tfjs has none.
  Einsum: {
    saves: 'all',
    of: ({ dy, inputs, attributes }) =>
      Object.fromEntries(
        inputs.map((_, which) => [
          which,
          () => factorGradient(attributes['equation'] as string, inputs, dy, which),
        ]),
      ),
  },
};
