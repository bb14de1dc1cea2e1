import type { CapturedBackend } from './backend.js';
import { type CapturedGraph, type CapturedNodes, captureNodes, encoded } from './capture.js';
import { FgamError } from './error.js';
import { fuseNorms } from './fuse-norms.js';
import { productsOverInputs } from './products-over-inputs.js';
import { type QuantizedWeights, quantizeProducts } from './quantize-products.js';
import { ONNX_TYPES, type Precision } from './onnx-graph.js';
import { type StoredWeight, storeWeights } from './store-weights.js';
import { bytesOf, type TensorMap, type Tensors, type TensorSpec } from './tensors.js';

/** The most that a model's bytes can hold, constants included: protobuf's limit. */
const MODEL_BYTES = 2 ** 31 - 1;

/** A program as one of onnxruntime's own sessions is to run it. */
export interface SessionGraphOptions {
  /** Written into the graph and into errors. */
  readonly name: string;
  readonly backend: CapturedBackend;
  readonly precision: Precision;
  /** Values of inputs that the graph shall hold itself, of the shapes of `specs`. */
  readonly constants: Tensors;
  /** Inputs that are constants in files, which the session maps. */
  readonly stored: Readonly<Record<string, StoredWeight>>;
  /** Inputs that are weights in 8 bits. Default: none. */
  readonly quantized?: QuantizedWeights | undefined;
  /**
   * Whether products with weights that are inputs may be done as suits them best, which may round
   * otherwise. Default false.
   */
  readonly rewritesProducts?: boolean;
}

/**
 * The nodes of a program as onnxruntime's own sessions run them, weights in files among them.
 *
 * @param options - where it is to run, in which precision, and which inputs are constants in files
 * @param rewrite - what is to be done to the nodes before weights become constants
 */
export function captureSessionNodes(
  specs: Readonly<Record<string, TensorSpec>>,
  program: (inputs: TensorMap) => TensorMap,
  { backend, precision, stored }: Pick<SessionGraphOptions, 'backend' | 'precision' | 'stored'>,
  rewrite: (captured: CapturedNodes) => void = () => undefined,
): CapturedNodes {
  const captured = captureNodes(specs, program, { runtime: backend, precision });
  rewrite(captured);
  storeWeights(captured.graph, stored, true);
  return captured;
}

/** Fuses norms as far as the backend has operations for them. */
export function fuseForSession(
  { graph, outputs }: Pick<CapturedNodes, 'graph' | 'outputs'>,
  backend: CapturedBackend,
): void {
  const results = Object.values(outputs).map((output) => output.name);
  // Known of the CPU's; WebGPU's subtracts squares, the others were not looked at.
  fuseNorms(graph, results, { hasExactLayerNorm: backend === 'ort-cpu' });
}

/**
 * Captures a program for onnxruntime alone: with constants, and with operations that other runtimes do not have.
 *
 * @throws FgamError `compile/bad-weights` for constants of more than 2 GB; as `captureGraph` does
 */
export function captureSessionGraph(
  specs: Readonly<Record<string, TensorSpec>>,
  program: (inputs: TensorMap) => TensorMap,
  { name, backend, precision, constants, stored, quantized, rewritesProducts = false }: SessionGraphOptions,
): CapturedGraph {
  let memory: CapturedGraph['memory'] = {};
  const captured = captureSessionNodes(
    specs,
    program,
    { backend, precision, stored },
    ({ graph: nodes, outputs: all }) => {
      const results = Object.values(all).map((output) => output.name);
      if (quantized !== undefined) memory = quantizeProducts(nodes, quantized, results);
      if (rewritesProducts) productsOverInputs(nodes, (input) => input in constants);
      nodes.keepOnly(results);
    },
  );
  const { graph, outputs } = captured;
  const isInput = (input: string): boolean =>
    !(input in constants || input in stored || input in (quantized?.matrices ?? {}));
  const inputs = captured.inputs.filter((input) => isInput(input.name));
  const held = captured.inputs.flatMap(({ name: input }) => {
    const tensor = constants[input];
    return tensor === undefined ? [] : [{ input, tensor }];
  });
  const bytes = held.reduce((sum, { tensor }) => sum + tensor.data.byteLength, 0);
  if (bytes > MODEL_BYTES) {
    throw new FgamError(
      'compile/bad-weights',
      `${name}: expected constants of at most 2 GB, got ${(bytes / 2 ** 30).toFixed(1)} GB; let weights be inputs (weightsAs: 'inputs')`,
    );
  }
  for (const { input, tensor } of held) {
    const { shape, dtype, data } = tensor;
    graph.initializers.push({ name: input, type: ONNX_TYPES[dtype], shape, bytes: bytesOf(data) });
  }
  graph.inputs.splice(0, graph.inputs.length, ...inputs);
  fuseForSession(captured, backend);
  return { ...encoded({ graph, inputs, outputs }, name), memory };
}
