import {
  type Backend,
  createFunction,
  type HostTensor,
  type LossProgram,
  type StoredWeights,
  type TensorMap,
  type Weights,
} from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<string, HostTensor>>;

/** What is differentiated. */
export interface DifferentiatedOptions {
  readonly weights: Weights;
  /** Frozen weights in files. Default: none. */
  readonly stored?: StoredWeights | undefined;
  /** By which weights. Default: all. */
  readonly trainable?: ((name: string) => boolean) | undefined;
  /** Default `ort-cpu`. */
  readonly backend?: Backend | undefined;
}

/** A direction in the space of one weight, of any length but 0. */
export interface WeightDirection {
  readonly name: string;
  readonly direction: ArrayLike<number>;
  /** How far the weight is moved to either side. */
  readonly epsilon: number;
}

/** A loss and its gradients, without AdamW. */
export interface DifferentiatedLoss {
  /** The loss's scalars, `total` among them, and the gradients by each trained weight. */
  gradients(inputs: Inputs): Promise<{ parts: Record<string, number>; gradients: Weights }>;
  /** (f(w + epsilon u) - f(w - epsilon u)) / (2 epsilon), u the direction with a length of 1. */
  slope(inputs: Inputs, along: WeightDirection): Promise<number>;
  dispose(): Promise<void>;
}

/**
 * A loss that is differentiated as `createTrainingStep` does it. Two thirds of the time in which onnxruntime
 * prepares the graph of an update go into AdamW's nodes, which say nothing about a gradient.
 */
export function differentiated(
  loss: LossProgram,
  { weights, stored, trainable = () => true, backend = 'ort-cpu' }: DifferentiatedOptions,
): DifferentiatedLoss {
  const trained = Object.keys(weights).filter(trainable);
  const options = { weights, backend, ...(stored === undefined ? {} : { stored }) };
  const value = createFunction((all, inputs) => ({ total: loss(all, inputs).total }), options);
  const gradient = createFunction((all, inputs) => lossAndGradients(loss, trained, all, inputs), options);
  return {
    async gradients(inputs) {
      const results = Object.entries(await gradient.run(inputs));
      const under = (prefix: string) =>
        results
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, tensor]) => [name.slice(prefix.length), tensor] as const);
      return {
        parts: Object.fromEntries(under('part/').map(([name, { data }]) => [name, data[0] ?? Number.NaN])),
        gradients: Object.fromEntries(under('gradient/')),
      };
    },
    async slope(inputs, { name, direction, epsilon }) {
      const weight = weights[name] as HostTensor;
      const length = Math.hypot(...Array.from(direction));
      const at = async (sign: number): Promise<number> => {
        const data = Float32Array.from(
          weight.data,
          (x, i) => x + (sign * epsilon * (direction[i] ?? Number.NaN)) / length,
        );
        value.setWeights({ ...weights, [name]: { shape: weight.shape, dtype: 'float32', data } });
        return (await value.run(inputs))['total']?.data[0] ?? Number.NaN;
      };
      return ((await at(1)) - (await at(-1))) / (2 * epsilon);
    },
    async dispose() {
      await value.dispose();
      await gradient.dispose();
    },
  };
}

function lossAndGradients(
  loss: LossProgram,
  trained: readonly string[],
  weights: TensorMap,
  inputs: TensorMap,
): TensorMap {
  const variables = trained.map((name) => weights[name] as tf.Tensor);
  let parts: readonly (readonly [string, tf.Tensor])[] = [];
  const { grads } = tf.engine().gradients(
    () => {
      const result = loss(weights, inputs);
      // The tape disposes of what the gradient does not need.
      parts = Object.entries(result).map(([name, part]) => [name, tf.keep(tf.cast(part, 'float32'))]);
      return result.total;
    },
    variables,
    undefined,
    true, // a weight that the loss does not reach has gradient 0
  );
  const results = Object.fromEntries([
    ...parts.map(([name, part]) => [`part/${name}`, tf.clone(part)] as const),
    ...trained.map(
      (name, i) => [`gradient/${name}`, grads[i] ?? tf.zerosLike(variables[i] as tf.Tensor)] as const,
    ),
  ]);
  tf.dispose(parts.map(([, part]) => part));
  return results;
}
