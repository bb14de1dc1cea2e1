import { ONNX_TYPES, type OnnxGraph, type OnnxNode } from './onnx-graph.js';

/** A normalisation that was found: the node that takes its place, and the nodes before the last one that go. */
interface Found {
  readonly fused: OnnxNode;
  readonly inner: readonly OnnxNode[];
}

/**
 * Turns each RMS norm and layer norm over the last axis that a program spells out into the one operation that onnxruntime has for it:
 *
 *     x / sqrt(mean(x^2) + epsilon) * gain                        SimplifiedLayerNormalization
 *     (x - mean(x)) / sqrt(var(x) + epsilon) * gain + bias        LayerNormalization
 *
 * Equal up to rounding, in one pass over x instead of up to nine. Where anything else reads a value in between, as a gradient does,
 * all stays as it is.
 *
 * @param results - names of the graph's results
 */
export function fuseNorms(graph: OnnxGraph, results: readonly string[]): void {
  const find = createFinder(graph);
  const readers = readersOf(graph, results);
  const dropped = new Set<OnnxNode>();
  const replaced = new Map<OnnxNode, OnnxNode>();
  for (const node of graph.nodes) {
    const found = find.layerNorm(node) ?? find.rmsNorm(node);
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

/** The nodes that read each value; undefined stands for the graph's results and for what a loop's body reads. */
function readersOf(graph: OnnxGraph, results: readonly string[]): Map<string, (OnnxNode | undefined)[]> {
  const readers = new Map<string, (OnnxNode | undefined)[]>();
  const add = (name: string, reader: OnnxNode | undefined): void => {
    const known = readers.get(name);
    if (known === undefined) readers.set(name, [reader]);
    else known.push(reader);
  };
  for (const name of results) add(name, undefined);
  for (const node of graph.nodes) {
    for (const name of node.inputs) add(name, node);
    for (const attribute of Object.values(node.attributes))
      if (typeof attribute === 'object' && 'body' in attribute)
        for (const name of attribute.body.namesRead()) add(name, undefined);
  }
  return readers;
}

/** Finds normalisations by their last node. */
function createFinder(graph: OnnxGraph) {
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0] ?? '', node]));
  const constants = new Map(graph.initializers.map((constant) => [constant.name, constant]));
  /** The node that made a value, if it is of this operator. */
  const made = (name: string | undefined, operator: string): OnnxNode | undefined => {
    const node = producers.get(name ?? '');
    return node?.operator === operator ? node : undefined;
  };
  /** A float32 scalar's value. */
  const scalar = (name: string | undefined): number | undefined => {
    const constant = constants.get(name ?? '');
    if (constant?.type !== ONNX_TYPES.float32 || constant.bytes.length !== 4) return undefined;
    return new DataView(constant.bytes.buffer, constant.bytes.byteOffset).getFloat32(0, true);
  };
  const lengths = (name: string | undefined): readonly number[] => graph.shapes.get(name ?? '') ?? [];
  /** The mean over the last axis that is kept: what it is of. */
  const meanOf = (name: string | undefined): { readonly node: OnnxNode; readonly of: string } | undefined => {
    const node = made(name, 'ReduceMean');
    const [of, axes] = node?.inputs ?? [];
    const constant = constants.get(axes ?? '');
    if (node === undefined || of === undefined || constant?.bytes.length !== 8) return undefined;
    const axis = Number(new DataView(constant.bytes.buffer, constant.bytes.byteOffset).getBigInt64(0, true));
    const isLast = axis === lengths(of).length - 1 && node.attributes['keepdims'] === 1;
    return isLast ? { node, of } : undefined;
  };
  /** Both orders of a node's two inputs. */
  const pairs = ({ inputs: [a, b] }: OnnxNode): (readonly [string | undefined, string | undefined])[] => [
    [a, b],
    [b, a],
  ];
  const isGain = (gain: string | undefined, x: string): boolean => {
    const [length, ...more] = lengths(gain);
    return more.length === 0 && length !== undefined && length === lengths(x).at(-1);
  };

  /** x / sqrt(mean(x^2) + epsilon), given the node of the product of x and the inverse root. */
  const unit = (normal: OnnxNode): { x: string; epsilon: number; inner: OnnxNode[] } | undefined => {
    for (const [x, inverse] of pairs(normal)) {
      const reciprocal = made(inverse, 'Reciprocal');
      const root = made(reciprocal?.inputs[0], 'Sqrt');
      const sum = made(root?.inputs[0], 'Add');
      if (x === undefined || reciprocal === undefined || root === undefined || sum === undefined) continue;
      for (const [variance, shift] of pairs(sum)) {
        const mean = meanOf(variance);
        const square = made(mean?.of, 'Mul');
        const epsilon = scalar(shift);
        if (mean === undefined || square === undefined || epsilon === undefined) continue;
        if (square.inputs.every((factor) => factor === x))
          return { x, epsilon, inner: [square, mean.node, sum, root, reciprocal, normal] };
      }
    }
    return undefined;
  };

  const fusedNode = (
    operator: string,
    inputs: readonly string[],
    { outputs }: OnnxNode,
    epsilon: number,
  ): OnnxNode => ({ operator, inputs, outputs, attributes: { axis: -1, epsilon: { float: epsilon } } });

  /** A unit times a gain, as node of that product. */
  const scaled = (product: OnnxNode | undefined) => {
    if (product?.operator !== 'Mul') return undefined;
    for (const [normal, gain] of pairs(product)) {
      const node = made(normal, 'Mul');
      const found = node === undefined ? undefined : unit(node);
      if (found !== undefined && gain !== undefined && isGain(gain, found.x)) return { ...found, gain };
    }
    return undefined;
  };

  return {
    rmsNorm(node: OnnxNode): Found | undefined {
      const found = scaled(node);
      if (found === undefined) return undefined;
      const { x, gain, epsilon, inner } = found;
      return { fused: fusedNode('SimplifiedLayerNormalization', [x, gain], node, epsilon), inner };
    },
    layerNorm(node: OnnxNode): Found | undefined {
      if (node.operator !== 'Add') return undefined;
      for (const [product, bias] of pairs(node)) {
        const multiplication = made(product, 'Mul');
        const found = scaled(multiplication);
        const centred = made(found?.x, 'Sub');
        const [x, mean] = centred?.inputs ?? [];
        const average = meanOf(mean);
        if (found === undefined || multiplication === undefined || centred === undefined) continue;
        if (x === undefined || bias === undefined || average?.of !== x || !isGain(bias, x)) continue;
        return {
          fused: fusedNode('LayerNormalization', [x, found.gain, bias], node, found.epsilon),
          inner: [average.node, centred, ...found.inner, multiplication],
        };
      }
      return undefined;
    },
  };
}
