import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, CaptureBackend } from './capture-backend.js';
import { type OnnxBody, OnnxGraph } from './onnx-graph.js';

/**
 * Computes some tensors where a condition holds, and hands on others where it does not:
 *
 *     results_i = compute()_i where the condition holds, otherwise_i elsewhere
 *
 * In a captured graph one `If` node, of which one branch runs. Eagerly both are there and one is chosen.
 * Nothing can be differentiated through it.
 *
 * @param condition - bool scalar
 * @param compute - pure; its results have the shapes and element types of the others
 * @param otherwise - what exists already
 */
export function computedIf(
  condition: tf.Tensor,
  compute: () => readonly tf.Tensor[],
  otherwise: readonly tf.Tensor[],
): tf.Tensor[] {
  const { backend } = tf.engine();
  if (tf.getBackend() === CAPTURE_BACKEND && backend instanceof CaptureBackend)
    return capturedIf(backend, condition, compute, otherwise);
  return tf.tidy(() => compute().map((result, i) => tf.where(condition, result, otherwise[i] as tf.Tensor)));
}

function capturedIf(
  backend: CaptureBackend,
  condition: tf.Tensor,
  compute: () => readonly tf.Tensor[],
  otherwise: readonly tf.Tensor[],
): tf.Tensor[] {
  const outer = backend.graph;
  const { name } = backend.graphValue(condition);
  const branch = (run: () => readonly tf.Tensor[]): OnnxBody => {
    const body = new OnnxGraph(outer);
    const results = backend.within(body, () => run().map((tensor) => backend.graphValue(tensor)));
    return { body, results: body.ownResults(results) };
  };
  const [computed, kept] = [branch(compute), branch(() => otherwise)];
  const names = outer.addNodes('If', [name], otherwise.length, { then_branch: computed, else_branch: kept });
  return kept.results.map(({ shape, dtype }, i) =>
    tf.engine().makeTensorFromTensorInfo(backend.tensorOf(names[i] as string, shape, dtype)),
  );
}
