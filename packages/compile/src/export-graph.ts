import { dirname, isAbsolute, relative, sep } from 'node:path';
import { captureNodes } from './capture.js';
import { encodeOnnx } from './encode-onnx.js';
import { FgamError } from './error.js';
import { readStoredTensors } from './safetensors.js';
import { PREFIX, prefixed, wholeProgram } from './specs.js';
import { specOfStored, storeWeights } from './store-weights.js';
import type { Program, TensorSpec } from './tensors.js';
import { writeWhole } from './write-whole.js';

/** Options of {@link exportGraph}. */
export interface ExportGraphOptions {
  /** Shapes and element types of the inputs that the graph is made for. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /**
   * A safetensors file beside or below the graph's; its weights stay there, in their element
   * type. Default: no weights.
   */
  readonly weights?: string;
  /**
   * What becomes of the weights when the graph is opened. Default `mapped`: they stay in the file's pages, in
   * their element type, and those of F16 and BF16 are widened wherever they are used. `packed`: onnxruntime
   * copies them, widened to float32 and laid out for its matrix products; opening takes longer and more
   * memory, small batches run faster (figures in docs/log.md).
   */
  readonly memory?: 'mapped' | 'packed';
  /** Default `program`. */
  readonly name?: string;
  /** Version of the program, for whoever opens the graph. Default `1`. */
  readonly version?: string;
}

/** What a graph's file says of itself, as JSON under {@link METADATA_KEY}. */
export interface GraphMetadata {
  readonly format: 'fgam-graph';
  readonly name: string;
  readonly version: string;
  /** By the program's names. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec & { readonly value: string }>>;
}

export const METADATA_KEY = 'fgam.graph';

/**
 * Captures a program into a standard `.onnx` file, which {@link openGraph} opens and any ONNX runtime can run.
 *
 * Weights are not copied: the graph refers to their bytes in the safetensors file (ONNX external data), and
 * casts those of F16 and BF16 to float32 when it runs. The two files belong together; the graph names the
 * other by its path from its own folder.
 *
 * @param path - file to write, whole or not at all
 * @throws FgamError `compile/bad-input` for weights that are not in the graph's folder or below it;
 * `compile/bad-safetensors`; as `captureGraph` does
 * @example
 * ```ts
 * import { exportGraph, openGraph, writeSafetensors } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'graph-'));
 * const weights = join(folder, 'model.safetensors');
 * await writeSafetensors(weights, { w: { shape: [2], dtype: 'float32', data: Float32Array.of(2, 3) } }, { dtype: 'F16' });
 * const path = join(folder, 'scale.onnx');
 * await exportGraph(path, ({ w }, { x }) => ({ y: tf.mul(w!, x!) }), {
 *   weights,
 *   inputs: { x: { shape: [2], dtype: 'float32' } },
 * });
 * const graph = await openGraph(path);
 * const { y } = await graph.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(5, 7) } });
 * if (y?.data.join() !== '10,21') throw new Error('expected the products');
 * await graph.dispose();
 * ```
 */
export async function exportGraph(
  path: string,
  program: Program,
  options: ExportGraphOptions,
): Promise<void> {
  const { inputs, weights, memory = 'mapped', name = 'program', version = '1' } = options;
  const stored = weights === undefined ? {} : await readStoredTensors(weights);
  const location = weights === undefined ? '' : locationOf(weights, path);
  const specs = {
    ...prefixed(
      PREFIX.weight,
      Object.fromEntries(Object.entries(stored).map(([key, tensor]) => [key, specOfStored(tensor)])),
    ),
    ...prefixed(PREFIX.input, inputs),
  };
  const captured = captureNodes(specs, wholeProgram(program));
  const located = Object.fromEntries(
    Object.entries(stored).map(([key, tensor]) => [`${PREFIX.weight}${key}`, { ...tensor, file: location }]),
  );
  const { graph } = captured;
  storeWeights(graph, located, memory === 'mapped');
  const metadata: GraphMetadata = {
    format: 'fgam-graph',
    name,
    version,
    inputs,
    outputs: Object.fromEntries(
      Object.entries(captured.outputs).map(([key, { name: value, shape, dtype }]) => [
        key,
        { shape, dtype, value },
      ]),
    ),
  };
  const model = encodeOnnx(graph, Object.values(captured.outputs), name, {
    [METADATA_KEY]: JSON.stringify(metadata),
  });
  await writeWhole(path, [model]);
}

/** ONNX refers to other files by their path from the model's folder, and runtimes refuse to leave it. */
function locationOf(weights: string, path: string): string {
  const location = relative(dirname(path), weights);
  if (isAbsolute(location) || location.split(sep)[0] === '..') {
    throw new FgamError(
      'compile/bad-input',
      `exportGraph: expected weights in the folder of ${path} or below it, got ${weights}; write the graph beside them`,
    );
  }
  return location.split(sep).join('/');
}
