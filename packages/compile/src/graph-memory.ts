import { type Arena, type Place } from './arena.js';
import { bodiesOf, ONNX_TYPES, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import { readsOf, runOrder } from './run-order.js';
import { sizeOf } from './tensors.js';

/** Bytes that a graph's values take when they take most. */
export interface GraphMemory {
  readonly peakBytes: number;
  /** What of it each kind of value takes. */
  readonly byKind: Readonly<Record<string, number>>;
}

/** Views of their input: no memory of their own. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze', 'Flatten']);
/** Written over an input that is read for the last time, where that has as many bytes. */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Neg',
    'Exp',
    'Log',
    'Sqrt',
    'Reciprocal',
    'Sigmoid',
    'Tanh',
    'Relu',
    'Abs',
  ],
  ...['Erf', 'Softmax', 'Pow', 'Sum', 'Max', 'Min', 'Clip', 'Not'],
]);

/** A value while it lives; views of it share it. */
interface Block {
  readonly bytes: number;
  readonly kind: string;
  readonly place: Place;
  /** Readings that are still to come, of all views. */
  left: number;
}

/**
 * The most that the values of a graph take at once: each lives from the node that makes it to the last that reads it, in onnxruntime's order of nodes. Views
 * take nothing, a sum may be written over its summand, a matrix that is only transposed for a product is read where it is. The graph's inputs, weights
 * and results are not counted: they are the caller's.
 *
 * @param results - names of the graph's results
 * @param kindOf - what kind of value a node's first result is
 * @param arena - where they are put
 */
export function graphMemory(
  graph: OnnxGraph,
  results: ReadonlySet<string>,
  kindOf: (node: OnnxNode) => string,
  arena: Arena,
): GraphMemory {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of graph.nodes)
    for (const name of new Set(readsOf(node))) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  const blocks = new Map<string, Block>();
  const live = new Set<Block>();
  let total = 0;
  let peak: GraphMemory = { peakBytes: 0, byKind: {} };
  const look = (more: GraphMemory): void => {
    if (total + more.peakBytes <= peak.peakBytes) return;
    const byKind: Record<string, number> = { ...more.byKind };
    for (const { kind, bytes } of live) byKind[kind] = (byKind[kind] ?? 0) + bytes;
    peak = { peakBytes: total + more.peakBytes, byKind };
  };
  const free = (block: Block): void => {
    if (block.left > 0 || !live.delete(block)) return;
    total -= block.bytes;
    arena.give(block.place);
  };
  const fused = new Set(graph.nodes.filter((node) => isFused(node, readers)));
  for (const node of runOrder(graph, (each) => fused.has(each))) {
    const read = new Set([...new Set(readsOf(node))].flatMap((name) => blocks.get(name) ?? []));
    const [first = ''] = node.inputs;
    const isView = VIEWS.has(node.operator) || fused.has(node);
    for (const [at, name] of node.outputs.entries()) {
      const later = readers.get(name)?.length ?? 0;
      if (isView) {
        const block = blocks.get(first);
        if (block !== undefined) {
          block.left += later;
          blocks.set(name, block);
        }
        continue;
      }
      if (results.has(name)) continue;
      const bytes = bytesOfValue(graph, name, node, readers.get(name) ?? []);
      const taken = IN_PLACE.has(node.operator)
        ? [...read].find((block) => block.left === 1 && block.bytes === bytes)
        : undefined;
      const isTaken = taken !== undefined && live.delete(taken);
      if (isTaken) total -= taken.bytes;
      const place = isTaken ? taken.place : arena.take(bytes);
      const block: Block = { bytes, kind: at === 0 ? kindOf(node) : 'activations', place, left: later };
      blocks.set(name, block);
      live.add(block);
      total += bytes;
    }
    look(bodyMemory(node, arena));
    for (const name of new Set(readsOf(node))) {
      const block = blocks.get(name);
      if (block === undefined) continue;
      block.left -= 1;
      free(block);
    }
    for (const name of node.outputs) {
      const block = blocks.get(name);
      if (block !== undefined) free(block);
    }
  }
  return peak;
}

/** What the largest of a node's bodies takes beside the graph around it. */
function bodyMemory(node: OnnxNode, arena: Arena): GraphMemory {
  const all = bodiesOf(node).map(({ body, results }) =>
    // What a body hands on is written where the graph around it wants it, but for a loop, which carries it from round to round.
    graphMemory(
      body,
      node.operator === 'Loop' ? new Set() : new Set(results.map(({ name }) => name)),
      () => 'activations',
      arena,
    ),
  );
  return all.reduce((most, each) => (each.peakBytes > most.peakBytes ? each : most), {
    peakBytes: 0,
    byKind: {},
  });
}

/** Whether the runtime takes a swap of the last two axes into the products that read it. */
function isFused(node: OnnxNode, readers: ReadonlyMap<string, readonly OnnxNode[]>): boolean {
  const { perm } = node.attributes;
  if (node.operator !== 'Transpose' || !Array.isArray(perm)) return false;
  const last = perm.length - 1;
  const swaps = perm.every((axis, at) => axis === (at === last ? last - 1 : at === last - 1 ? last : at));
  const own = node.outputs.flatMap((name) => readers.get(name) ?? []);
  return swaps && own.length > 0 && own.every(({ operator }) => operator === 'MatMul');
}

const BYTES: Readonly<Record<number, number>> = {
  [ONNX_TYPES.int64]: 8,
  [ONNX_TYPES.float64]: 8,
  [ONNX_TYPES.bool]: 1,
  [ONNX_TYPES.float16]: 2,
  [ONNX_TYPES.bfloat16]: 2,
};
const TRUTHS: ReadonlySet<string> = new Set([
  ...[
    'Equal',
    'Less',
    'LessOrEqual',
    'Greater',
    'GreaterOrEqual',
    'Not',
    'And',
    'Or',
    'Xor',
    'IsNaN',
    'IsInf',
  ],
]);

function bytesOfValue(graph: OnnxGraph, name: string, node: OnnxNode, readers: readonly OnnxNode[]): number {
  const shape = shapeOfResult(graph, name, node, readers);
  if (TRUTHS.has(node.operator)) return sizeOf(shape);
  const { to } = node.attributes;
  return sizeOf(shape) * (node.operator === 'Cast' && typeof to === 'number' ? (BYTES[to] ?? 4) : 4);
}

/** A result's shape; within an operation that several nodes make up, that of what is cast of it, or of the node's largest operand. */
function shapeOfResult(
  graph: OnnxGraph,
  name: string,
  node: OnnxNode,
  readers: readonly OnnxNode[],
): readonly number[] {
  const cast = readers.find(({ operator }) => operator === 'Cast');
  const known = graph.shapeOf(name) ?? graph.shapeOf(cast?.outputs[0] ?? '');
  if (known !== undefined) return known;
  const shapes = node.inputs.map((input) => graph.shapeOf(input) ?? []);
  const { perm } = node.attributes;
  const [first = []] = shapes;
  const found =
    node.operator === 'Transpose' && Array.isArray(perm)
      ? perm.map((axis) => first[axis as number] ?? 1)
      : shapes.reduce((most, shape) => (sizeOf(shape) > sizeOf(most) ? shape : most), first);
  graph.shapes.set(name, found);
  return found;
}
