import { captureNodes } from './capture.js';
import type { SampledDimension } from './dimension-polynomial.js';
import { encodeOnnx } from './encode-onnx.js';
import { FgamError } from './error.js';
import { type DimensionSource, generaliseGraph } from './generalise-graph.js';
import type { OnnxGraph, OnnxNode } from './onnx-graph.js';
import { ONNX_TYPES } from './onnx-graph.js';
import { PREFIX, prefixed, wholeProgram } from './specs.js';
import { specOfStored, storeWeights, type StoredWeight } from './store-weights.js';
import type { Program, TensorSpec, TensorType } from './tensors.js';
import { writeWhole } from './write-whole.js';

/** An input of which some lengths are known by name alone: `past`, or a sum of such, `past + sequence`. */
export interface DynamicSpec {
  readonly shape: readonly (number | string)[];
  /** int64 is read as int32 by the program, which has no other integers. */
  readonly dtype: TensorType | 'int64';
}

/** Options of {@link exportDynamicGraph}. */
export interface ExportDynamicGraphOptions {
  /** Each name of a length must be that of an axis of an input, alone. */
  readonly inputs: Readonly<Record<string, DynamicSpec>>;
  /**
   * Weights in safetensors files beside the graph's file or below it, by the program's names. They stay
   * there, in their element type.
   */
  readonly weights?: Readonly<Record<string, StoredWeight>>;
  /** Default `program`. */
  readonly name?: string;
}

/** Lengths that no model has by itself, so that nothing is equal by accident while a program is captured. */
const SAMPLES = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157];

/**
 * Captures a program into a standard `.onnx` file that takes inputs of any length, under their own names, as
 * other runtimes expect them.
 *
 * A capture knows all shapes. So the program is captured at several lengths of each dimension, and what
 * differs between the graphs, the whole numbers that shapes are made of, is computed from the inputs' shapes
 * in the graph that is written (`generaliseGraph`). Nothing else may depend on the lengths: a mask of a
 * length that is not known is made of an input.
 *
 * @param path - file to write, whole or not at all
 * @throws FgamError `compile/not-captured` where more than that differs; `compile/bad-input` for a length
 * that no input has; as `captureGraph` does
 * @example
 * ```ts
 * import { exportDynamicGraph } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mkdtemp } from 'node:fs/promises';
 * import { InferenceSession, Tensor } from 'onnxruntime-node';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'graph-')), 'flat.onnx');
 * await exportDynamicGraph(path, (_, { x }) => ({ y: tf.reshape(tf.square(x!), [-1]) }), {
 *   inputs: { x: { shape: ['rows', 2], dtype: 'float32' } },
 * });
 * const session = await InferenceSession.create(path);
 * const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4, 5, 6], [3, 2]) });
 * if (y?.data.toString() !== '1,4,9,16,25,36') throw new Error('expected the squares');
 * ```
 */
export async function exportDynamicGraph(
  path: string,
  program: Program,
  options: ExportDynamicGraphOptions,
): Promise<void> {
  const { inputs, weights = {}, name = 'program' } = options;
  const { dimensions, sources } = dimensionsOf(inputs);
  const capture = (lengths: readonly number[], reserved: readonly string[]) => {
    const lengthOf = new Map(dimensions.map((dimension, d) => [dimension.name, lengths[d] ?? 0]));
    const specs = Object.entries(inputs).map(([key, { shape, dtype }]): [string, TensorSpec] => [
      key,
      {
        shape: shape.map((length) =>
          typeof length === 'number'
            ? length
            : namesIn(length).reduce((sum, each) => sum + (lengthOf.get(each) ?? 0), 0),
        ),
        dtype: dtype === 'int64' ? 'int32' : dtype,
      },
    ]);
    const stored = Object.entries(weights).map(
      ([key, tensor]) => [`${PREFIX.weight}${key}`, specOfStored(tensor)] as const,
    );
    return captureNodes(
      { ...Object.fromEntries(stored), ...prefixed(PREFIX.input, Object.fromEntries(specs)) },
      wholeProgram(program),
      {},
      reserved,
    );
  };
  const checks = dimensions.map((dimension) => dimension.check);
  // The results' names are known once the program has run.
  const outside = [...Object.keys(inputs), ...Object.keys(capture(checks, []).outputs)];
  const corners = Array.from({ length: 1 << dimensions.length }, (_, set) =>
    capture(
      dimensions.map(({ low, high }, d) => ((set >> d) & 1 ? high : low)),
      outside,
    ),
  );
  const check = capture(checks, outside);
  const declared = generaliseGraph({ dimensions, corners, check }, sources);
  const [{ graph, outputs }] = corners as [ReturnType<typeof capture>];
  storeWeights(graph, prefixed(PREFIX.weight, weights), false);
  checkNames(graph, Object.keys(inputs), Object.keys(outputs));
  nameInputs(graph, inputs);
  const results = Object.entries(outputs).map(([key, value]) => {
    graph.nodes.push({ operator: 'Identity', inputs: [value.name], outputs: [key], attributes: {} });
    return { ...value, name: key, lengths: declared[key] ?? value.shape };
  });
  await writeWhole(path, [encodeOnnx(graph, results, name)]);
}

/** The dimensions that inputs name, and an axis that has each alone. */
function dimensionsOf(inputs: ExportDynamicGraphOptions['inputs']): {
  readonly dimensions: readonly SampledDimension[];
  readonly sources: readonly DimensionSource[];
} {
  const axes = Object.entries(inputs).flatMap(([key, { shape }]) =>
    shape.map((length, axis) => ({ input: `${PREFIX.input}${key}`, axis, length })),
  );
  const names = new Set(axes.flatMap(({ length }) => (typeof length === 'string' ? namesIn(length) : [])));
  const sources = [...names].map((each) => axes.find(({ length }) => length === each));
  const missing = [...names].filter((_, d) => sources[d] === undefined);
  if (missing.length > 0 || names.size > SAMPLES.length / 3)
    throw new FgamError(
      'compile/bad-input',
      missing.length > 0
        ? `exportDynamicGraph: expected an axis of an input that is ${missing.join(', and one that is ')}, got it in sums alone`
        : `exportDynamicGraph: expected at most ${SAMPLES.length / 3} names of lengths, got ${[...names].join(', ')}`,
    );
  const dimensions = [...names].map((each, d): SampledDimension => {
    const [low = 0, high = 0, check = 0] = SAMPLES.slice(3 * d, 3 * d + 3);
    return { name: each, low, high, check };
  });
  return { dimensions, sources: sources.flatMap((source) => (source === undefined ? [] : [source])) };
}

function namesIn(length: string): string[] {
  return length.split('+').map((each) => each.trim());
}

/** @throws FgamError `compile/bad-input` for names of inputs and results that the graph has for another value */
function checkNames(graph: OnnxGraph, inputs: readonly string[], results: readonly string[]): void {
  const inner = new Set([...graph.inputs, ...graph.externals].map(({ name }) => name));
  const [wrong] = [
    ...results.filter((name) => inputs.includes(name)).map((name) => `${name}, of an input, for a result`),
    ...[...inputs, ...results]
      .filter((name) => inner.has(name))
      .map((name) => `${name}, which the graph uses`),
  ];
  if (wrong === undefined) return;
  throw new FgamError('compile/bad-input', `exportDynamicGraph: expected another name than ${wrong}`);
}

/** Declares the inputs that a graph reads as they are called and typed outside, in front of what it calls them. */
function nameInputs(graph: OnnxGraph, inputs: ExportDynamicGraphOptions['inputs']): void {
  const used = new Set(graph.inputs.splice(0).map((input) => input.name));
  const entries = Object.entries(inputs).filter(([key]) => used.has(`${PREFIX.input}${key}`));
  const nodes = entries.map(([key, { dtype }]): OnnxNode => {
    const outputs = [`${PREFIX.input}${key}`];
    return dtype === 'int64'
      ? { operator: 'Cast', inputs: [key], outputs, attributes: { to: ONNX_TYPES.int32 } }
      : { operator: 'Identity', inputs: [key], outputs, attributes: {} };
  });
  for (const [key, { shape, dtype }] of entries)
    graph.inputs.push({ name: key, shape: [], dtype, lengths: shape });
  graph.nodes.splice(0, graph.nodes.length, ...nodes, ...graph.nodes);
}
