import { bodiesOf, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import { sizeOf } from './tensors.js';

/**
 * Multiplications and additions of a graph's products of matrices and convolutions, loops as often as they
 * run; of a conditional the larger branch.
 *
 * @param graph - as captured: the shapes of its tensors are known
 */
export function graphFlops(graph: OnnxGraph): number {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return graph.nodes.reduce((sum, node) => sum + nodeFlops(graph, node, makers), 0);
}

type Makers = ReadonlyMap<string, OnnxNode>;

function nodeFlops(graph: OnnxGraph, node: OnnxNode, makers: Makers): number {
  const bodies = bodiesOf(node).map(({ body }) => graphFlops(body));
  if (bodies.length > 0) return Math.max(...bodies) * (node.operator === 'Loop' ? rounds(graph, node) : 1);
  const result = sizeOf(graph.shapeOf(node.outputs[0] ?? '') ?? [0]);
  const [a = '', b = ''] = node.inputs;
  if (node.operator === 'MatMul') return 2 * result * innerLength(graph, a, makers);
  // A filter is [out, in, ...window].
  if (node.operator === 'Conv') return 2 * result * sizeOf((graph.shapeOf(b) ?? []).slice(1));
  return 0;
}

/** The length of the last axis, also of a matrix that is transposed for the product. */
function innerLength(graph: OnnxGraph, name: string, makers: Makers): number {
  const known = graph.shapeOf(name)?.at(-1);
  if (known !== undefined) return known;
  const maker = makers.get(name);
  const shape = graph.shapeOf(maker?.inputs[0] ?? '') ?? [];
  const { perm } = maker?.attributes ?? {};
  const axis = Array.isArray(perm) ? (perm.at(-1) as number) : shape.length - 1;
  return shape[axis] ?? 0;
}

/** How often a loop runs: the constant that it is given. */
function rounds(graph: OnnxGraph, { inputs: [count = ''] }: OnnxNode): number {
  const bytes = graph.initializers.find(({ name }) => name === count)?.bytes;
  return bytes === undefined ? 1 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
}
