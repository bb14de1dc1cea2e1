import { type Arena, type Place } from './arena.js';
import { bodiesOf, integersOf, ONNX_TYPES, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import { type Reads, readsOf, runOrder } from './run-order.js';
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

/** Memory that values take one after another; views of a value share it. */
interface Buffer {
  readonly bytes: number;
  /** What a later value must be like to take it: shape and size. */
  readonly form: string;
  /** The node that takes it. */
  readonly begin: number;
  /** The node after which it is given back. */
  end: number;
  /** Readings that are still to come. */
  left: number;
  /** What it holds from which node on; between two values, what it held last. */
  readonly kinds: (readonly [node: number, kind: string])[];
}

/**
 * The most that the values of a graph take at once: each lives from the node that makes it to the last that
 * reads it, in onnxruntime's order of nodes. Views take nothing, a sum may be written over its summand, a
 * matrix that is only transposed for a product is read where it is. As onnxruntime's planner has it, a value
 * takes the memory of one of the same shape that is no longer read, the last that became free, and memory
 * that a later value will take so is held until then. The graph's inputs, weights and results are not
 * counted: they are the caller's.
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
  const reads: Reads = new Map(graph.nodes.map((node) => [node, [...new Set(readsOf(node))]]));
  const readers = readersOf(graph, reads);
  const fused = new Set(graph.nodes.filter((node) => isFused(node, readers)));
  const order = runOrder(graph, reads, (each) => fused.has(each));
  const planned = plannedBuffers(graph, order, { reads, readers, fused, results, kindOf });
  const [begins, ends] = (['begin', 'end'] as const).map((edge) => {
    const byNode: Buffer[][] = order.map(() => []);
    for (const buffer of planned) byNode[buffer[edge]]?.push(buffer);
    return byNode;
  }) as [Buffer[][], Buffer[][]];
  const live = new Map<Buffer, Place>();
  let total = 0;
  let peak: GraphMemory = { peakBytes: 0, byKind: {} };
  for (const [at, node] of order.entries()) {
    for (const buffer of begins[at] ?? []) {
      live.set(buffer, arena.take(buffer.bytes));
      total += buffer.bytes;
    }
    const body = bodyMemory(node, arena);
    if (total + body.peakBytes > peak.peakBytes) {
      const byKind: Record<string, number> = { ...body.byKind };
      for (const { kinds, bytes } of live.keys()) {
        const kind = kinds.findLast(([from]) => from <= at)?.[1] ?? 'activations';
        byKind[kind] = (byKind[kind] ?? 0) + bytes;
      }
      peak = { peakBytes: total + body.peakBytes, byKind };
    }
    for (const buffer of ends[at] ?? []) {
      arena.give(live.get(buffer) as Place);
      live.delete(buffer);
      total -= buffer.bytes;
    }
  }
  return peak;
}

type Readers = ReadonlyMap<string, readonly OnnxNode[]>;

function readersOf({ nodes }: OnnxGraph, reads: Reads): Readers {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const name of reads.get(node) ?? []) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  return readers;
}

/** Which values take which memory. */
function plannedBuffers(
  graph: OnnxGraph,
  order: readonly OnnxNode[],
  {
    reads,
    readers,
    fused,
    results,
    kindOf,
  }: {
    readonly reads: Reads;
    readonly readers: Readers;
    readonly fused: ReadonlySet<OnnxNode>;
    readonly results: ReadonlySet<string>;
    readonly kindOf: (node: OnnxNode) => string;
  },
): readonly Buffer[] {
  const planned: Buffer[] = [];
  const bufferOf = new Map<string, Buffer>();
  /** Memory that no value is in, by form; the last that became free is the last. */
  const idle = new Map<string, Buffer[]>();
  for (const [at, node] of order.entries()) {
    const own = reads.get(node) ?? [];
    const read = new Set(own.flatMap((name) => bufferOf.get(name) ?? []));
    const isView = VIEWS.has(node.operator) || fused.has(node);
    for (const [index, name] of node.outputs.entries()) {
      const later = readers.get(name)?.length ?? 0;
      const viewed = isView ? bufferOf.get(node.inputs[0] ?? '') : undefined;
      if (viewed !== undefined) {
        viewed.left += later;
        bufferOf.set(name, viewed);
      }
      if (isView || results.has(name)) continue;
      const shape = shapeOfResult(graph, name, node, readers.get(name) ?? []);
      const bytes = valueBytes(node, shape);
      const form = `${bytes}:${shape.join()}`;
      const over = IN_PLACE.has(node.operator)
        ? [...read].find((buffer) => buffer.left === 1 && buffer.bytes === bytes)
        : undefined;
      const found = over ?? (shape.length === 0 ? undefined : idle.get(form)?.pop());
      const buffer = found ?? { bytes, form, begin: at, end: order.length, left: 0, kinds: [] };
      if (found === undefined) planned.push(buffer);
      buffer.left += later;
      buffer.kinds.push([at, index === 0 ? kindOf(node) : 'activations']);
      bufferOf.set(name, buffer);
    }
    const release = (buffer: Buffer): void => {
      if (buffer.left > 0) return;
      buffer.end = at;
      idle.set(buffer.form, [...(idle.get(buffer.form) ?? []), buffer]);
    };
    for (const name of own) {
      const buffer = bufferOf.get(name);
      if (buffer === undefined) continue;
      buffer.left -= 1;
      release(buffer);
    }
    for (const name of isView ? [] : node.outputs) {
      const buffer = bufferOf.get(name);
      if (buffer !== undefined && (readers.get(name)?.length ?? 0) === 0) release(buffer);
    }
  }
  return planned;
}

/** What the largest of a node's bodies takes beside the graph around it. */
function bodyMemory(node: OnnxNode, arena: Arena): GraphMemory {
  const all = bodiesOf(node).map(({ body, results }) =>
    // What a body hands on is written where the graph around it wants it, but for a loop, which
    // carries it from round to round.
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
function isFused(node: OnnxNode, readers: Readers): boolean {
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

/** Bytes of a node's result of a shape. */
export function valueBytes({ operator, attributes: { to } }: OnnxNode, shape: readonly number[]): number {
  const cast = operator === 'Cast' && typeof to === 'number' ? to : ONNX_TYPES.float32;
  return sizeOf(shape) * (TRUTHS.has(operator) ? 1 : (BYTES[cast] ?? 4));
}

/**
 * A result's shape; within an operation that several nodes make up, that of what is cast of it, that which it
 * is expanded to, or that of the node's largest operand.
 */
export function shapeOfResult(
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
  const target =
    node.operator === 'Expand'
      ? graph.initializers.find((constant) => constant.name === node.inputs[1])
      : undefined;
  const expanded = target && integersOf(target);
  const found =
    node.operator === 'Transpose' && Array.isArray(perm)
      ? perm.map((axis) => first[axis as number] ?? 1)
      : (expanded ?? shapes.reduce((most, shape) => (sizeOf(shape) > sizeOf(most) ? shape : most), first));
  graph.shapes.set(name, found);
  return found;
}
