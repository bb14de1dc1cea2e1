import { FgamError } from './error.js';
import { ONNX_TYPES, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import { joinedMatrix, type QuantizedMatrix } from './quantized-matrix.js';
import type { HeldMemory } from './session.js';
import { type EmitProduct, rewriteWeightProducts } from './weight-products.js';

/** Weights in 8 bits, and how graphs read them. */
export interface QuantizedWeights {
  /** By the program's names; it sees float32 [out, in]. */
  readonly matrices: Readonly<Record<string, QuantizedMatrix>>;
  /**
   * `packed`: each captured graph packs a copy for its products and rounds what it multiplies by them to 8
   * bits too, a block at a time: for few rows, where reading the weights is what takes the time. `shared`:
   * graphs read these arrays, and widen one matrix at a time where it is used: for many rows.
   */
  readonly form: 'packed' | 'shared';
}

/** onnxruntime's `accuracy_level` for products in 8 bits on both sides. */
const BYTES = 4;

/**
 * Turns the inputs of a graph that stand for weights in 8 bits into constants over the weights' own memory,
 * and products with them into onnxruntime's own operation.
 *
 * @param quantized - by the graph's input names
 * @param results - names of the graph's results
 * @returns the constants' memory, by their names
 * @throws FgamError `compile/not-captured` where anything but a product x W^T reads one
 */
export function quantizeProducts(
  graph: OnnxGraph,
  { matrices, form }: QuantizedWeights,
  results: readonly string[],
): Record<string, HeldMemory> {
  const memory: Record<string, HeldMemory> = {};
  const hold = (name: string, type: number, shape: readonly number[], data: HeldMemory['data']): string => {
    memory[name] ??= { type, shape, data };
    return name;
  };
  const product = (name: string, { shape, block, codes, scales }: QuantizedMatrix): EmitProduct => {
    const [out, input] = shape;
    const blocks = Math.ceil(input / block);
    return (x, output): OnnxNode[] => [
      {
        operator: 'MatMulNBits',
        domain: 'com.microsoft',
        inputs: [
          x,
          hold(`${name} codes`, ONNX_TYPES.uint8, [out, blocks, block], codes),
          hold(`${name} scales`, ONNX_TYPES.float32, [out * blocks], scales),
        ],
        outputs: [output],
        attributes: { K: input, N: out, bits: 8, block_size: block, accuracy_level: BYTES },
      },
    ];
  };
  rewriteWeightProducts(graph, (names) => {
    const found = names.map((name) => matrices[name]);
    const parts = found.filter((matrix) => matrix !== undefined);
    if (parts.length < found.length) return undefined;
    const whole = joinedMatrix(parts);
    return whole === undefined
      ? parts.map((matrix, i) => product(names[i] as string, matrix))
      : [product(names.join(' '), whole)];
  });
  graph.keepOnly(results);
  const read = graph.namesRead();
  const others = Object.keys(matrices).filter((name) => read.has(name));
  if (others.length > 0)
    throw new FgamError(
      'compile/not-captured',
      `weights in 8 bits: expected products with their transposed alone, but ${others.join(', ')} is read by another operation; leave it in float32`,
    );
  graph.inputs.splice(0, graph.inputs.length, ...graph.inputs.filter(({ name }) => !(name in matrices)));
  for (const [name, { type, shape, data }] of Object.entries(memory))
    graph.externals.push({
      name,
      type,
      shape,
      location: name,
      offset: 0,
      length: data.byteLength,
      isDefault: form === 'shared',
    });
  return memory;
}
