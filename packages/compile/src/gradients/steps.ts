import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, unmoved } from '../gradient.js';

/** Zeros by each input: a result that changes in steps. */
const steps = (...names: readonly string[]): Gradient => ({
  saves: names,
  of: ({ input }) => Object.fromEntries(names.map((name) => [name, () => unmoved(input(name))])),
});

/**
 * Comparisons, logic and places, which change in steps: slope 0. tfjs has no gradient of most of them
 * and fails at programs that multiply by a mask, and at second gradients of all that chooses
 * (maximum, leaky relu, clipping).
 */
export const STEPS: GradientTable = {
  Equal: steps('a', 'b'),
  NotEqual: steps('a', 'b'),
  Greater: steps('a', 'b'),
  GreaterEqual: steps('a', 'b'),
  Less: steps('a', 'b'),
  LessEqual: steps('a', 'b'),
  LogicalAnd: steps('a', 'b'),
  LogicalOr: steps('a', 'b'),
  LogicalXor: steps('a', 'b'),
  LogicalNot: steps('x'),
  Any: steps('x'),
  All: steps('x'),
  SearchSorted: steps('sortedSequence', 'values'),
  // Whole numbers and truth values change in steps too; tfjs passes dy as if nothing had been rounded.
  Cast: {
    of: ({ dy, attributes }) => ({
      x: () => (attributes['dtype'] === 'float32' ? dy : tf.zerosLike(dy)),
    }),
  },
  // The slope of |x| is sign(x); tfjs has -1 at 0.
  Abs: {
    saves: ['x'],
    of: ({ dy, input }) => ({ x: () => tf.mul(dy, tf.sign(tf.cast(input('x'), 'float32'))) }),
  },
};
