import type { TensorMap } from '@fgam/compile';
import type { ConversationInputs } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';

/** The tensor of that name; its absence is a fault of the step that made the batch. */
export function need(tensors: TensorMap, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`a loss's program: no tensor "${name}"`);
  return tensor;
}

/** The packed texts of a batch, as `conversationHidden` takes them. */
export function packedTexts(inputs: TensorMap): Omit<ConversationInputs, 'pixels'> {
  return {
    inputIds: need(inputs, 'inputIds'),
    segmentIds: need(inputs, 'segmentIds'),
    positions: need(inputs, 'positions'),
  };
}

/** [..., T] as rows [N, T]. */
export function rowsOf(tensor: tf.Tensor): tf.Tensor {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) ?? 0]);
}
