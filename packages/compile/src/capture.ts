import * as tf from '@tensorflow/tfjs-core';
import './register-gradients.js';
import { CAPTURE_BACKEND, CaptureBackend } from './capture-backend.js';
import { captureError, withDeepStacks } from './capture-error.js';
import { encodeOnnx } from './encode-onnx.js';
import { registerKernels, registerRefusals } from './kernel.js';
import { KERNELS } from './kernels/families.js';
import { NOT_CAPTURED } from './not-captured.js';
import { type GraphTarget, OnnxGraph, type OnnxValue } from './onnx-graph.js';
import type { HeldMemory } from './session.js';
import type { TensorMap, TensorSpec, TensorType } from './tensors.js';

/** The names of tfjs's kernels that are captured, sorted. */
export const CAPTURED_KERNELS: readonly string[] = Object.keys(KERNELS).sort();

/** A captured program. */
export interface CapturedGraph {
  /** The bytes of an ONNX model. */
  readonly model: Uint8Array;
  /** Inputs of the graph that the program reads; others are not in it. */
  readonly inputs: readonly OnnxValue[];
  /** Results by the program's name for them. */
  readonly outputs: Readonly<Record<string, OnnxValue>>;
  readonly nodes: number;
  /** Memory of constants that are not in the bytes, by their names; with weights in 8 bits. */
  readonly memory?: Readonly<Record<string, HeldMemory>>;
}

let backend: CaptureBackend | undefined;

function captureBackend(): CaptureBackend {
  if (backend === undefined) {
    backend = new CaptureBackend();
    registerKernels(KERNELS);
    registerRefusals(NOT_CAPTURED);
  }
  const registered = backend;
  // Priority 0: tfjs never picks it where it has another.
  if (!(CAPTURE_BACKEND in tf.engine().registryFactory))
    tf.registerBackend(CAPTURE_BACKEND, () => registered, 0);
  return registered;
}

/**
 * Captures a tfjs program as one static ONNX graph: runs it once over tensors that stand for the graph's values.
 *
 * Gradients taken inside the program (`tf.grads`, `tf.engine().gradients`) are captured too.
 *
 * @param specs - shape and element type of each input
 * @param program - pure function of tfjs operations; must not read values
 * @param name - written into the graph
 * @throws FgamError `compile/not-captured` for an operation without a capture, `compile/read-while-capturing`,
 *   `compile/foreign-tensor`
 * @example
 * ```ts
 * import { captureGraph } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { nodes, outputs } = captureGraph({ x: { shape: [2, 3], dtype: 'float32' } }, ({ x }) => ({
 *   y: tf.sum(tf.square(x!), 1),
 * }));
 * if (outputs['y']?.shape.join() !== '2' || nodes < 2) throw new Error('unexpected graph');
 * ```
 */
export function captureGraph(
  specs: Readonly<Record<string, TensorSpec>>,
  program: (inputs: TensorMap) => TensorMap,
  name = 'program',
): CapturedGraph {
  return encoded(captureNodes(specs, program), name);
}

/** A captured program as an ONNX model. */
export function encoded({ graph, inputs, outputs }: CapturedNodes, name: string): CapturedGraph {
  return {
    model: encodeOnnx(graph, Object.values(outputs), name),
    inputs,
    outputs,
    nodes: graph.nodes.length,
  };
}

/** A captured program before it is encoded. */
export interface CapturedNodes {
  readonly graph: OnnxGraph;
  /** Those of the graph that the program reads. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: Readonly<Record<string, OnnxValue>>;
}

/**
 * The nodes of a program, for {@link captureGraph} and for graphs whose weights lie in a file.
 *
 * @param target - what the graph is for. Default: any runtime, in float32
 * @param reserved - names that no value but an input gets. Default: none
 */
export function captureNodes(
  specs: Readonly<Record<string, TensorSpec>>,
  program: (inputs: TensorMap) => TensorMap,
  target: GraphTarget = {},
  reserved: readonly string[] = [],
): CapturedNodes {
  const capturing = captureBackend();
  const previous: string | null | undefined = tf.engine().backendName;
  const outer = capturing.graph;
  const graph = new OnnxGraph(undefined, target, reserved);
  capturing.graph = graph;
  void tf.setBackend(CAPTURE_BACKEND);
  try {
    const outputs: Record<string, OnnxValue> = {};
    tf.tidy(() => {
      const inputs: Record<string, tf.Tensor> = {};
      for (const [key, spec] of Object.entries(specs)) {
        graph.addInput(key, spec);
        inputs[key] = tf.engine().makeTensorFromTensorInfo(capturing.tensorOf(key, spec.shape, spec.dtype));
      }
      const results = withDeepStacks(() => program(inputs));
      const values = graph.ownResults(
        Object.values(results).map((tensor) => ({
          name: capturing.graphValue(tensor).name,
          shape: [...tensor.shape],
          dtype: tensor.dtype as TensorType,
        })),
      );
      Object.keys(results).forEach((key, i) => {
        outputs[key] = values[i] as OnnxValue;
      });
    });
    graph.keepOnly(Object.values(outputs).map(({ name }) => name));
    const used = graph.namesRead();
    const inputs = Object.entries(specs)
      .filter(([key]) => used.has(key))
      .map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
    graph.inputs.splice(0, graph.inputs.length, ...inputs);
    return { graph, inputs, outputs };
  } catch (error) {
    capturing.forget(graph);
    throw explained(error);
  } finally {
    capturing.graph = outer;
    restoreBackend(previous);
  }
}

/** Leaves tfjs as it was: on the backend before, or, where none was chosen yet, free to choose one. */
function restoreBackend(previous: string | null | undefined): void {
  if (previous === CAPTURE_BACKEND) return;
  if (previous === null || previous === undefined) tf.removeBackend(CAPTURE_BACKEND);
  else void tf.setBackend(previous);
}

/** tfjs's error for a missing kernel, in words that say what to do. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const found = /Kernel '([^']+)' not registered for backend '([^']+)'/.exec(error.message);
  if (found?.[2] !== CAPTURE_BACKEND) return error;
  return captureError(
    'compile/not-captured',
    `capture: ${found[1]} is no kernel of tfjs's that has a capture; compose it of captured ones (listed in the README), ` +
      "or run the program eagerly (backend: 'tfjs-cpu')",
    { cause: error },
  );
}
