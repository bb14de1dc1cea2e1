import { type OnnxGraph, type OnnxNode, ONNX_TYPES } from './onnx-graph.js';

/** What the runtime offers. */
export interface FuseNormsOptions {
  /**
   * Whether its layer norm subtracts the mean before it squares; otherwise numbers far from 0
   * would lose their variance.
   */
  readonly hasExactLayerNorm: boolean;
}

/**
 * Turns RMS norms and layer norms over the last axis that a graph spells out into the one operation that
 * onnxruntime has for each:
 *
 *     x / sqrt(mean(x^2) + epsilon) * gain                        SimplifiedLayerNormalization (onnxruntime's own)
 *     (x - mean(x)) / sqrt(var(x) + epsilon) * gain + bias        LayerNormalization
 *
 * Equal up to rounding, in one pass over x instead of up to nine. All stays as it is where anything
 * else reads a value in between, as a gradient does; where gain or bias are constants of the program;
 * and in the bodies of loops.
 *
 * @param results - names of the graph's results
 */
export function fuseNorms(
  graph: OnnxGraph,
  results: readonly string[],
  { hasExactLayerNorm }: FuseNormsOptions,
): void {
  const view = viewOf(graph);
  const readers = readersOf(graph, results);
  const dropped = new Set<OnnxNode>();
  const replaced = new Map<OnnxNode, OnnxNode>();
  for (const node of graph.nodes) {
    const found = (hasExactLayerNorm ? layerNormAt(view, node) : undefined) ?? rmsNormAt(view, node);
    if (found === undefined) continue;
    const own = new Set<OnnxNode | undefined>([...found.inner, node]);
    const isPrivate = found.inner.every(({ outputs: [name = ''] }) =>
      (readers.get(name) ?? []).every((reader) => own.has(reader)),
    );
    if (!isPrivate) continue;
    for (const inner of found.inner) dropped.add(inner);
    replaced.set(node, found.fused);
  }
  const nodes = graph.nodes.filter((node) => !dropped.has(node)).map((node) => replaced.get(node) ?? node);
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
}

/** The nodes that read each value; undefined stands for the graph's results and for what loops read in their bodies. */
function readersOf(graph: OnnxGraph, results: readonly string[]): Map<string, (OnnxNode | undefined)[]> {
  const readers = new Map<string, (OnnxNode | undefined)[]>();
  const add = (name: string, reader: OnnxNode | undefined): void => {
    const known = readers.get(name);
    if (known === undefined) readers.set(name, [reader]);
    else known.push(reader);
  };
  for (const name of [...results, ...graph.namesReadInBodies()]) add(name, undefined);
  for (const node of graph.nodes) for (const name of node.inputs) add(name, node);
  return readers;
}

/** Questions about a graph. */
interface GraphView {
  /** The node that made a value, if it is of this operator. */
  made(name: string | undefined, operator: string): OnnxNode | undefined;
  /** The value of a float32 constant of rank 0. */
  scalar(name: string | undefined): number | undefined;
  /** What a value is the mean of over its last axis, which stays as an axis of length 1; and the node of that mean. */
  meanOf(name: string | undefined): { readonly node: OnnxNode; readonly of: string } | undefined;
  /** Whether a value is a vector as long as the last axis of x, which is not empty. */
  isVectorFor(vector: string, x: string): boolean;
}

function viewOf(graph: OnnxGraph): GraphView {
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0] ?? '', node]));
  const constants = new Map(graph.initializers.map((constant) => [constant.name, constant]));
  const lengths = (name: string): readonly number[] => graph.shapes.get(name) ?? [];
  const viewOfBytes = ({ buffer, byteOffset }: Uint8Array): DataView => new DataView(buffer, byteOffset);
  const made: GraphView['made'] = (name, operator) => {
    const node = producers.get(name ?? '');
    return node?.operator === operator ? node : undefined;
  };
  return {
    made,
    scalar(name) {
      const constant = constants.get(name ?? '');
      const isScalar = constant?.type === ONNX_TYPES.float32 && constant.shape.length === 0;
      return isScalar ? viewOfBytes(constant.bytes).getFloat32(0, true) : undefined;
    },
    meanOf(name) {
      const node = made(name, 'ReduceMean');
      const [of, axes] = node?.inputs ?? [];
      const constant = constants.get(axes ?? '');
      if (node === undefined || of === undefined || constant?.bytes.length !== 8) return undefined;
      const axis = Number(viewOfBytes(constant.bytes).getBigInt64(0, true));
      const isLast = axis === lengths(of).length - 1 && node.attributes['keepdims'] === 1;
      return isLast ? { node, of } : undefined;
    },
    isVectorFor(vector, x) {
      const [length = 0, ...more] = lengths(vector);
      return more.length === 0 && length > 0 && length === lengths(x).at(-1);
    },
  };
}

/** A norm that was found: the node that takes its place, and the nodes before the last one, which go. */
interface Found {
  readonly fused: OnnxNode;
  readonly inner: readonly OnnxNode[];
}

function rmsNormAt(view: GraphView, node: OnnxNode): Found | undefined {
  const found = scaledUnitAt(view, node);
  if (found === undefined) return undefined;
  const { x, gain, epsilon, inner } = found;
  return { fused: fusedNode('SimplifiedLayerNormalization', [x, gain], node, epsilon), inner };
}

function layerNormAt(view: GraphView, node: OnnxNode): Found | undefined {
  if (node.operator !== 'Add') return undefined;
  for (const [product, bias] of bothOrders(node)) {
    const multiplication = view.made(product, 'Mul');
    const found = multiplication && scaledUnitAt(view, multiplication);
    const centred = view.made(found?.x, 'Sub');
    const [x = '', mean] = centred?.inputs ?? [];
    const average = view.meanOf(mean);
    if (multiplication === undefined || found === undefined || centred === undefined) continue;
    if (average?.of !== x || !view.isVectorFor(bias, x)) continue;
    return {
      fused: fusedNode('LayerNormalization', [x, found.gain, bias], node, found.epsilon),
      inner: [average.node, centred, ...found.inner, multiplication],
    };
  }
  return undefined;
}

/** What x / sqrt(mean(x^2) + epsilon) is made of. */
interface Unit {
  readonly x: string;
  readonly epsilon: number;
  readonly inner: readonly OnnxNode[];
}

/** x / sqrt(mean(x^2) + epsilon) * gain, by the node of the last product. */
function scaledUnitAt(view: GraphView, product: OnnxNode): (Unit & { readonly gain: string }) | undefined {
  if (product.operator !== 'Mul') return undefined;
  for (const [normal, gain] of bothOrders(product)) {
    const node = view.made(normal, 'Mul');
    const unit = node && unitAt(view, node);
    if (unit !== undefined && view.isVectorFor(gain, unit.x)) return { ...unit, gain };
  }
  return undefined;
}

/** x / sqrt(mean(x^2) + epsilon), by the node of its product. */
function unitAt(view: GraphView, normal: OnnxNode): Unit | undefined {
  for (const [x, inverse] of bothOrders(normal)) {
    const reciprocal = view.made(inverse, 'Reciprocal');
    const root = view.made(reciprocal?.inputs[0], 'Sqrt');
    const sum = view.made(root?.inputs[0], 'Add');
    if (reciprocal === undefined || root === undefined || sum === undefined) continue;
    for (const [variance, shift] of bothOrders(sum)) {
      const mean = view.meanOf(variance);
      const square = view.made(mean?.of, 'Mul');
      const epsilon = view.scalar(shift);
      if (mean === undefined || square === undefined || epsilon === undefined) continue;
      if (square.inputs.every((factor) => factor === x))
        return { x, epsilon, inner: [square, mean.node, sum, root, reciprocal, normal] };
    }
  }
  return undefined;
}

/** The two inputs of a node that takes them in any order. */
function bothOrders({ inputs: [a = '', b = ''] }: OnnxNode): (readonly [string, string])[] {
  return [
    [a, b],
    [b, a],
  ];
}

function fusedNode(
  operator: string,
  inputs: readonly string[],
  { outputs }: OnnxNode,
  epsilon: number,
): OnnxNode {
  return { operator, inputs, outputs, attributes: { axis: -1, epsilon: { float: epsilon } } };
}
