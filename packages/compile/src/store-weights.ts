import { FgamError } from './error.js';
import { bodiesOf, ONNX_TYPES, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import type { StoredTensor, StoredType } from './safetensors-header.js';
import type { TensorSpec, TensorType } from './tensors.js';

/** A tensor in a safetensors file. */
export interface StoredWeight extends StoredTensor {
  /** Path from the folder of the graph, with slashes. */
  readonly file: string;
}

/** Weights that stay in safetensors files of a folder. */
export interface StoredWeights {
  readonly folder: string;
  /** By the program's names. */
  readonly tensors: Readonly<Record<string, StoredWeight>>;
}

/** How safetensors' types are called in ONNX, and what a program sees of them. */
const TYPES = {
  F32: { onnx: ONNX_TYPES.float32, seen: 'float32' },
  F16: { onnx: ONNX_TYPES.float16, seen: 'float32' },
  BF16: { onnx: ONNX_TYPES.bfloat16, seen: 'float32' },
  I32: { onnx: ONNX_TYPES.int32, seen: 'int32' },
  BOOL: { onnx: ONNX_TYPES.bool, seen: 'bool' },
} as const satisfies Record<StoredType, { onnx: number; seen: TensorType }>;

/** Shape and element type of a stored tensor as a program sees it. */
export function specOfStored({ shape, dtype }: StoredTensor): TensorSpec {
  return { shape, dtype: TYPES[dtype].seen };
}

/**
 * Turns the inputs of a graph that stand for stored tensors into constants in their files; those of half
 * precision are cast for each operation that reads them, so that none is kept in float32 from one to the
 * next, and after a gather the gathered rows alone.
 *
 * @param stored - by the graph's input names
 * @param isMapped - whether they stay in the files' pages, as a runtime may not fold, widen or pack them
 * @throws FgamError `compile/bad-input` for a file that is not below the folder
 */
export function storeWeights(
  graph: OnnxGraph,
  stored: Readonly<Record<string, StoredWeight>>,
  isMapped: boolean,
): void {
  const cast = new Map<string, CastOf>();
  for (const input of graph.inputs.splice(0)) {
    const tensor = stored[input.name];
    if (tensor === undefined) {
      graph.inputs.push(input);
      continue;
    }
    const { onnx, seen } = TYPES[tensor.dtype];
    const isSeen = onnx === ONNX_TYPES[seen];
    const name = isSeen ? input.name : `${input.name} as stored`;
    const { shape, begin, end, file: location } = tensor;
    if (location.split('/').includes('..'))
      throw new FgamError(
        'compile/bad-input',
        `stored weights: expected files below their folder, got ${location}`,
      );
    graph.externals.push({
      name,
      type: onnx,
      shape,
      offset: begin,
      length: end - begin,
      location,
      isDefault: isMapped,
    });
    if (!isSeen) cast.set(input.name, { stored: name, type: ONNX_TYPES[seen] });
  }
  if (cast.size > 0) castWhereRead(graph, cast);
}

/** What a value that a graph reads is cast of, and the type that it has then. */
interface CastOf {
  readonly stored: string;
  readonly type: number;
}

function castWhereRead(graph: OnnxGraph, values: ReadonlyMap<string, CastOf>): void {
  const casts: OnnxNode[] = [];
  const cast = (of: CastOf | undefined, shape: readonly number[] | undefined): string | undefined => {
    if (of === undefined) return undefined;
    const output = graph.newValue();
    if (shape !== undefined) graph.shapes.set(output, shape);
    casts.push({ operator: 'Cast', inputs: [of.stored], outputs: [output], attributes: { to: of.type } });
    return output;
  };
  const nodes = graph.nodes.flatMap((node): OnnxNode[] => {
    for (const { body } of bodiesOf(node)) castWhereRead(body, values);
    const [table = '', ...rest] = node.inputs;
    const gathered = node.operator === 'Gather' ? values.get(table) : undefined;
    if (gathered !== undefined) {
      const rows = graph.newValue();
      return [
        { ...node, inputs: [gathered.stored, ...rest], outputs: [rows] },
        { operator: 'Cast', inputs: [rows], outputs: node.outputs, attributes: { to: gathered.type } },
      ];
    }
    if (!node.inputs.some((name) => values.has(name))) return [node];
    const inputs = node.inputs.map((name) => cast(values.get(name), graph.shapeOf(name)) ?? name);
    return [{ ...node, inputs }];
  });
  // In front: onnxruntime runs what was added last first where it has a choice, and these shall
  // wait until they are read.
  graph.nodes.splice(0, graph.nodes.length, ...casts, ...nodes);
}
