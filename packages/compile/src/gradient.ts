import * as tf from '@tensorflow/tfjs-core';
import type { KernelAttributes } from './kernel.js';

/** What a gradient is given. */
export interface GradientCall {
  /** The gradient by the kernel's first result. */
  readonly dy: tf.Tensor;
  /** The gradients by each of its results. */
  readonly dys: readonly tf.Tensor[];
  /** A saved input, by the kernel's name for it. */
  readonly input: (name: string) => tf.Tensor;
  /** All inputs of a kernel that takes a list. */
  readonly inputs: readonly tf.Tensor[];
  /**
   * A result. Where the gradient is differentiated in turn it is computed again from the inputs, all of which
   * must be saved then: tfjs records the saving of a result before the kernel that makes it, and so loses, in
   * silence, that it depends on the inputs.
   */
  readonly output: (index: number) => tf.Tensor;
  readonly attributes: KernelAttributes;
}

/** Gradients by the kernel's name for its inputs; each is computed only where it is asked for. */
export type InputGradients = Readonly<Record<string, () => tf.Tensor>>;

/** The gradient of one kernel, made of tfjs operations, so that it has a gradient in turn. */
export interface Gradient {
  /** Inputs that it needs; or all, of a kernel that takes a list. */
  readonly saves?: readonly string[] | 'all';
  /** Results that it needs. */
  readonly outputs?: readonly number[];
  readonly of: (call: GradientCall) => InputGradients;
}

/** Gradients of one family by the name that tfjs gives the kernel. */
export type GradientTable = Readonly<Record<string, Gradient>>;

/** Registers gradients with tfjs, in place of those that it has. */
export function registerGradients(table: GradientTable): void {
  for (const [kernelName, { saves = [], outputs = [], of }] of Object.entries(table)) {
    if ((tf.getGradient(kernelName) as tf.GradConfig | undefined) !== undefined)
      tf.unregisterGradient(kernelName);
    const count = saves === 'all' ? 0 : saves.length;
    tf.registerGradient({
      kernelName,
      ...(saves === 'all' ? { saveAllInputs: true } : { inputsToSave: [...saves] }),
      outputsToSave: Array.from({ length: Math.max(-1, ...outputs) + 1 }, (_, index) =>
        outputs.includes(index),
      ),
      gradFunc: (dy, saved, attributes) => {
        const dys = Array.isArray(dy) ? dy : [dy];
        const gradients = of({
          dy: dys[0] as tf.Tensor,
          dys,
          input: (name) => saved[saves.indexOf(name)] as tf.Tensor,
          inputs: saved,
          output: (index) => {
            if (!isRecorded() || saves === 'all') return saved[count + outputs.indexOf(index)] as tf.Tensor;
            const inputs = Object.fromEntries(saves.map((name, at) => [name, saved[at] as tf.Tensor]));
            const results: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernelName, inputs, attributes);
            return (Array.isArray(results) ? results[index] : results) as tf.Tensor;
          },
          attributes: attributes,
        });
        // A tensor of its own: tfjs disposes an input's gradient when it adds another to it.
        return Object.fromEntries(
          Object.entries(gradients).map(([name, by]) => {
            const owned = (): tf.Tensor => {
              const dx = by();
              return dys.includes(dx) || saved.includes(dx) ? tf.clone(dx) : dx;
            };
            return [name, owned];
          }),
        );
      },
    });
  }
}

/** Whether operations are recorded: while a gradient is computed, whether it is itself to be differentiated. */
function isRecorded(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** Runs a kernel that tfjs has no public function for. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: KernelAttributes = {},
): tf.Tensor {
  return tf.engine().runKernel(name, { ...inputs }, { ...attributes } as tf.NamedAttrMap);
}

/** The same elements under another shape; no operation where the shape is the same. */
export function shapedAs(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, [...shape]) ? x : tf.reshape(x, [...shape]);
}

/** x summed over the axes along which a tensor of the given shape was broadcast to x's shape: the gradient of that. */
export function summedTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < added || (shape[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  return shapedAs(axes.length === 0 ? x : tf.sum(x, axes), shape);
}

/**
 * The gradient by an input that a result does not move with: zeros, which tfjs takes for a function
 * of the input all the same.
 */
export function unmoved(input: tf.Tensor): tf.Tensor {
  return tf.zerosLike(tf.cast(input, 'float32'));
}
