import { encodeOnnx } from './encode-onnx.js';
import { shapeOfResult, valueBytes } from './graph-memory.js';
import { nodesOf, type OnnxGraph, type OnnxValue } from './onnx-graph.js';
import { readsOf } from './run-order.js';

/** What a session holds for a graph beside the values that runs make. */
export interface SessionMemory {
  readonly bytes: number;
  /** Values that it computes when it is made, and keeps, as they depend on constants alone. */
  readonly folded: ReadonlySet<string>;
}

/**
 * Bytes of a session of onnxruntime 1.30 on Linux for a node, whatever its values: kernel, graph, edges and
 * what making them leaves in the process. Mean of five sorts of graphs of up to 10,000 nodes whose values are
 * 64 bytes (3.2 to 4.4 thousand): `npm run bench:session-memory -w @fgam/compile`.
 */
const NODE_BYTES = 3700;
/**
 * ... and for each byte of the model, which are names for the most part; from graphs that differ in the
 * length of names alone, by the same command.
 */
const MODEL_BYTES = 5.5;

/**
 * What onnxruntime holds for a graph from when a session is made: grows with the nodes and
 * names, not with the batch.
 */
export function sessionMemory(graph: OnnxGraph, outputs: readonly OnnxValue[]): SessionMemory {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const folded = new Set<string>();
  let held = graph.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const names = encodeOnnx(graph, outputs, 'planned').length - held;
  for (const node of graph.nodes) {
    const reads = readsOf(node);
    if (reads.length === 0 || !reads.every((name) => constants.has(name))) continue;
    for (const name of node.outputs) {
      constants.add(name);
      folded.add(name);
      held += valueBytes(node, shapeOfResult(graph, name, node, []));
    }
  }
  return { bytes: Math.round(NODE_BYTES * nodesOf(graph) + MODEL_BYTES * names + held), folded };
}
