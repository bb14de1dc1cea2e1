import { bodiesOf, namesReadIn, type OnnxGraph, type OnnxNode } from './onnx-graph.js';

/** The names that a node reads, within its bodies too. */
export function readsOf(node: OnnxNode): readonly string[] {
  return [...node.inputs, ...bodiesOf(node).flatMap(namesReadIn)];
}

/** The names that each node of a graph reads, once each. */
export type Reads = ReadonlyMap<OnnxNode, readonly string[]>;

/**
 * The order in which onnxruntime runs a graph's nodes: depth first from the results back, of the nodes that
 * an operation waits for that which was added last first (onnxruntime's `GraphViewer`, default execution
 * order). It decides how long values live.
 *
 * @param isFused - nodes that the runtime takes into those that read them: they are where these are
 */
export function runOrder(
  graph: OnnxGraph,
  reads: Reads,
  isFused: (node: OnnxNode) => boolean,
): readonly OnnxNode[] {
  const { nodes } = graph;
  const maker = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries()) for (const name of outputs) maker.set(name, index);
  const keys = nodes.map((node, index) => (isFused(node) ? -1 : index));
  const waitsFor = nodes.map((node) => {
    const makers = (reads.get(node) ?? []).flatMap((name) => maker.get(name) ?? []);
    return [...new Set(makers)].sort((a, b) => (keys[a] ?? a) - (keys[b] ?? b));
  });
  const isRead = new Set(waitsFor.flat());
  const stack: { readonly index: number; readonly isDone: boolean }[] = [];
  for (const index of nodes.keys()) if (!isRead.has(index)) stack.push({ index, isDone: false });
  const seen = new Set<number>();
  const order: OnnxNode[] = [];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { index, isDone } = entry;
    if (isDone) {
      order.push(nodes[index] as OnnxNode);
      continue;
    }
    if (seen.has(index)) continue;
    seen.add(index);
    stack.push({ index, isDone: true });
    for (const before of waitsFor[index] ?? [])
      if (!seen.has(before)) stack.push({ index: before, isDone: false });
  }
  return order;
}
