import { ONNX_TYPES, type OnnxGraph } from '../onnx-graph.js';

/** Arithmetic of coordinates in double precision, in the order of tfjs: a place at the border must not fall outside. */
export interface Coordinates {
  readonly number: (value: number) => string;
  readonly list: (values: readonly number[], shape: readonly number[]) => string;
  readonly of: (operator: string, ...inputs: string[]) => string;
}

/** Nodes of coordinate arithmetic in a graph. */
export function coordinates(graph: OnnxGraph): Coordinates {
  const list = (values: readonly number[], shape: readonly number[]) =>
    graph.constant(ONNX_TYPES.float64, shape, Float64Array.from(values));
  return {
    list,
    number: (value) => list([value], []),
    of: (operator, ...inputs) => graph.addNode(operator, inputs),
  };
}
