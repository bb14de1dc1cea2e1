import type { OnnxGraph, OnnxNode } from './onnx-graph.js';

/** Appends the product of `x` and some weights' transposed, [rows, out], as the value `output`. */
export type EmitProduct = (x: string, output: string) => readonly OnnxNode[];

/**
 * Rewrites the products of a graph's matrices with transposed weights x W^T, where W is an input or several
 * inputs one below the other (a Concat).
 *
 * @param partsOf - given the names of the weights, products whose results side by side are that of the whole;
 * undefined leaves a product as it is
 */
export function rewriteWeightProducts(
  graph: OnnxGraph,
  partsOf: (weights: readonly string[]) => readonly EmitProduct[] | undefined,
): void {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const weightsOf = ({ operator, inputs: factors }: OnnxNode): readonly string[] | undefined => {
    const swap = operator === 'MatMul' ? makers.get(factors[1] ?? '') : undefined;
    const source = swap?.operator === 'Transpose' ? (swap.inputs[0] ?? '') : '';
    const areMatrices = [source, factors[0] ?? ''].every((name) => graph.shapeOf(name)?.length === 2);
    if (!areMatrices) return undefined;
    if (inputs.has(source)) return [source];
    const join = makers.get(source);
    const isOfRows = join?.operator === 'Concat' && join.attributes['axis'] === 0;
    return isOfRows && join.inputs.every((name) => inputs.has(name)) ? join.inputs : undefined;
  };
  const nodes = graph.nodes.flatMap((node): readonly OnnxNode[] => {
    const weights = weightsOf(node);
    const parts = weights && partsOf(weights);
    const [x = ''] = node.inputs;
    const [result = ''] = node.outputs;
    if (parts === undefined) return [node];
    if (parts.length === 1) return parts.flatMap((emit) => emit(x, result));
    const outputs = parts.map(() => graph.newValue());
    const products = parts.flatMap((emit, i) => emit(x, outputs[i] as string));
    return [
      ...products,
      { operator: 'Concat', inputs: outputs, outputs: [result], attributes: { axis: -1 } },
    ];
  });
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
}
