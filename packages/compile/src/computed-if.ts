import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, CaptureBackend } from './capture-backend.js';
import { OnnxGraph, type OnnxValue } from './onnx-graph.js';

/**
 * Computes some tensors where a condition holds, and hands on others where it does not:
 *
 *     results_i = compute()_i where the condition holds, otherwise_i elsewhere
 *
 * In a captured graph one `If` node, of which one branch runs. Eagerly both are there and one is chosen. Nothing can be differentiated through it.
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
  /** What a branch hands on, each a value of its own. */
  const branch = (run: () => readonly tf.Tensor[]): { body: OnnxGraph; results: OnnxValue[] } => {
    const body = new OnnxGraph(outer);
    backend.graph = body;
    try {
      const tensors = run();
      const free = new Set(body.nodes.flatMap(({ outputs }) => outputs));
      const results = tensors.map((tensor) => {
        const { name: value, shape, dtype } = backend.graphValue(tensor);
        const isOwn = free.delete(value);
        return { name: isOwn ? value : body.addNode('Identity', [value]), shape, dtype };
      });
      return { body, results };
    } finally {
      backend.graph = outer;
    }
  };
  const [computed, kept] = [branch(compute), branch(() => otherwise)];
  const names = outer.addNodes('If', [name], otherwise.length, { then_branch: computed, else_branch: kept });
  return kept.results.map(({ shape, dtype }, i) =>
    tf.engine().makeTensorFromTensorInfo(backend.tensorOf(names[i] as string, shape, dtype)),
  );
}
