import { ONNX_TYPES, type OnnxGraph } from '../onnx-graph.js';

/** Arithmetic of coordinates in double precision, in the order of tfjs: a place at the border must not fall outside. */
export interface Coordinates {
  readonly number: (value: number) => string;
  readonly list: (values: readonly number[], shape: readonly number[]) => string;
  readonly of: (operator: string, ...inputs: string[]) => string;
  /** Whether a place is one of 0 .. length - 1, or between two of them. */
  readonly isWithin: (name: string, length: number) => string;
}

/** Nodes of coordinate arithmetic in a graph. */
export function coordinates(graph: OnnxGraph): Coordinates {
  const list = (values: readonly number[], shape: readonly number[]) =>
    graph.constant(ONNX_TYPES.float64, shape, Float64Array.from(values));
  const number = (value: number) => list([value], []);
  const of = (operator: string, ...inputs: string[]) => graph.addNode(operator, inputs);
  return {
    list,
    number,
    of,
    isWithin: (name, length) =>
      of('And', of('GreaterOrEqual', name, number(0)), of('LessOrEqual', name, number(length - 1))),
  };
}
