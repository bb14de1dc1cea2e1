import * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from './tensors.js';

/**
 * A block whose activations are computed again for its gradient instead of being kept (activation
 * checkpointing, Chen et al. 2016, arXiv:1604.06174): between the passes only `x` and the block's result
 * exist. The same value and gradients, for one more forward pass of the block.
 *
 *     y = block(x, others);   dL/dz = (dy/dz)^T dL/dy for z in {x} and others, with dy/dz taken at a second run of the block
 *
 * In a captured graph the second run reads x + max(min(g, 0), 0), g one number of dL/dy. That is x, but
 * known only when the gradient is: onnxruntime would otherwise see two equal runs and keep the first. In
 * the same way the gradient of `x` waits for those of `others`, so that no block's activations wait for the
 * end of the backward pass.
 *
 * @param block - pure tfjs operations on its arguments, `others` and `constants` by name: tensors that it
 * closes over may be gone at its second run
 * @param x - float32, any shape: what the block before hands on
 * @param others - what else the block reads, such as its weights; those that are not float32 have gradient 0
 * @param constants - what else it reads that needs no gradient, under names of their own: masks, rotary angles
 * @returns the block's result; a block has one
 * @example
 * ```ts
 * import { recomputed } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const w = tf.tensor2d([[1, 2], [3, 4]]);
 * const gradient = tf.grad((x) =>
 *   tf.sum(recomputed((x, { w }) => tf.square(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), x, { w })),
 * )(tf.tensor2d([[1, 0]]));
 * if (String(gradient.arraySync()) !== '10,22') throw new Error('expected 2 x w w^T');
 * ```
 */
export function recomputed(
  block: (x: tf.Tensor, others: TensorMap) => tf.Tensor,
  x: tf.Tensor,
  others: TensorMap = {},
  constants: TensorMap = {},
): tf.Tensor {
  const all = { ...others, ...constants };
  // Those with a gradient come first.
  const [floats, rest] = [true, false].map((isFloat) =>
    Object.keys(others).filter((name) => (others[name]?.dtype === 'float32') === isFloat),
  ) as [string[], string[]];
  const names = [...floats, ...rest, ...Object.keys(constants)];
  const named = (tensors: readonly tf.Tensor[]): TensorMap =>
    Object.fromEntries(names.map((name, index) => [name, tensors[index] as tf.Tensor]));
  const withGradient = tf.customGrad((...args) => {
    // tfjs hands the function that saves over as the last argument.
    const save = args.pop() as unknown as (tensors: tf.Tensor[]) => void;
    const [given, ...givenOthers] = args as [tf.Tensor, ...tf.Tensor[]];
    save([given, ...givenOthers]);
    return {
      // A tensor of its own: that of a block which returns an argument would have its gradient twice.
      value: tf.clone(block(given, named(givenOthers))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
        const [kept, ...keptOthers] = saved as [tf.Tensor, ...tf.Tensor[]];
        const unchanging = keptOthers.slice(floats.length);
        const again = [tf.add(kept, zeroAfter(dy)), ...keptOthers.slice(0, floats.length)];
        const [ofX, ...ofFloats] = onTapeOfItsOwn(() =>
          gradientsOf(([x, ...variables]) => block(x, named([...variables, ...unchanging])), again, dy),
        );
        return [
          ofFloats.length === 0 ? ofX : tf.add(ofX, tf.addN(ofFloats.map(zeroAfter))),
          ...ofFloats,
          ...unchanging.map(({ shape }) => tf.fill(shape, 0)),
        ];
      },
    };
  });
  return withGradient(x, ...names.map((name) => all[name] as tf.Tensor));
}

/**
 * Takes gradients within a gradient: tfjs would leave the outer one, which walks back over its
 * tape, without that tape.
 */
function onTapeOfItsOwn<Result>(take: () => Result): Result {
  const { state } = tf.engine();
  const { activeTape } = state;
  try {
    return take();
  } finally {
    state.activeTape = activeTape;
  }
}

/** Gradients by some variables, 0 where the result does not depend on one: tf.grads would throw. */
function gradientsOf(
  run: (variables: [tf.Tensor, ...tf.Tensor[]]) => tf.Tensor,
  variables: readonly tf.Tensor[],
  dy: tf.Tensor,
): [tf.Tensor, ...tf.Tensor[]] {
  return tf.tidy(() => {
    const given = variables as [tf.Tensor, ...tf.Tensor[]];
    const { grads } = tf.engine().gradients(() => run(given), given, dy, true);
    // Clones: tfjs disposes a gradient when it adds another to it, and one may be dy.
    return given.map((variable, index) => {
      const gradient = grads[index];
      return gradient === undefined ? tf.zerosLike(variable) : tf.clone(gradient);
    }) as typeof given;
  });
}

/** The number 0 (NaN for a NaN), which is not known before the tensor is. */
function zeroAfter(tensor: tf.Tensor): tf.Tensor {
  if (tensor.size === 0) return tf.scalar(0);
  const first = tf.slice(tf.reshape(tensor, [-1]), 0, 1);
  return tf.reshape(tf.maximum(tf.minimum(first, 0), 0), []);
}
