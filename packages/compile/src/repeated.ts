import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, CaptureBackend } from './capture-backend.js';
import { ONNX_TYPES, OnnxGraph, type OnnxValue } from './onnx-graph.js';
import type { TensorType } from './tensors.js';

/**
 * Runs a body several times and hands its results on: carried_(i+1) = body(i, carried_i).
 *
 * Eagerly a loop; in a captured graph one `Loop` node, whose rounds come one after another and free what they
 * used. Nothing can be differentiated through it: take gradients within the body.
 *
 * @param carried - what the first round is given; results of the body have the same shapes and element types
 * @param body - pure; `round` is an int32 scalar, from 0
 */
export function repeated(
  rounds: number,
  carried: readonly tf.Tensor[],
  body: (round: tf.Tensor, carried: readonly tf.Tensor[]) => readonly tf.Tensor[],
): tf.Tensor[] {
  const { backend } = tf.engine();
  if (tf.getBackend() === CAPTURE_BACKEND && backend instanceof CaptureBackend)
    return capturedLoop(backend, rounds, carried, body);
  let current = [...carried];
  for (let i = 0; i < rounds; i++) {
    const next = tf.tidy(() => [...body(tf.scalar(i, 'int32'), current)]);
    if (i > 0) tf.dispose(current);
    current = next;
  }
  return current;
}

function capturedLoop(
  backend: CaptureBackend,
  rounds: number,
  carried: readonly tf.Tensor[],
  body: (round: tf.Tensor, carried: readonly tf.Tensor[]) => readonly tf.Tensor[],
): tf.Tensor[] {
  const outer = backend.graph;
  const initial = carried.map((tensor) => backend.graphValue(tensor));
  const inner = new OnnxGraph(outer);
  const round = inner.addNewInput({ shape: [], dtype: 'int64' });
  const goesOn = inner.addNewInput({ shape: [], dtype: 'bool' });
  const results: OnnxValue[] = [];
  backend.within(inner, () => {
    const tensor = (name: string, shape: readonly number[], dtype: TensorType): tf.Tensor =>
      tf.engine().makeTensorFromTensorInfo(backend.tensorOf(name, shape, dtype));
    const given = initial.map(({ shape, dtype }) =>
      tensor(inner.addNewInput({ shape, dtype }), shape, dtype),
    );
    const number = inner.addNode('Cast', [round], { to: ONNX_TYPES.int32 });
    results.push({ name: inner.addNode('Identity', [goesOn]), shape: [], dtype: 'bool' });
    for (const result of body(tensor(number, [], 'int32'), given)) {
      const { name, shape, dtype } = backend.graphValue(result);
      results.push({ name: inner.addNode('Identity', [name]), shape, dtype });
    }
  });
  const trips = outer.constant(ONNX_TYPES.int64, [], BigInt64Array.of(BigInt(rounds)));
  const names = outer.addNodes('Loop', [trips, '', ...initial.map(({ name }) => name)], initial.length, {
    body: { body: inner, results },
  });
  return initial.map(({ shape, dtype }, i) =>
    tf.engine().makeTensorFromTensorInfo(backend.tensorOf(names[i] as string, shape, dtype)),
  );
}
