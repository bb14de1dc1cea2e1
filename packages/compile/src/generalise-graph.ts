import type { CapturedNodes } from './capture.js';
import {
  type DimensionPolynomial,
  fitPolynomial,
  polynomialText,
  type SampledDimension,
  valueAt,
} from './dimension-polynomial.js';
import { FgamError } from './error.js';
import { bodiesOf, integersOf, type OnnxGraph, type OnnxInitializer, type OnnxNode } from './onnx-graph.js';

/** Captures of one program at other lengths of its dimensions. */
export interface SampledCaptures {
  readonly dimensions: readonly SampledDimension[];
  /** By sets of dimensions that are `high`, as in `DimensionPolynomial`. */
  readonly corners: readonly CapturedNodes[];
  /** All dimensions at `check`. */
  readonly check: CapturedNodes;
}

/** Where a dimension's length is read when the graph runs. */
export interface DimensionSource {
  readonly input: string;
  readonly axis: number;
}

/**
 * Makes the first of some captures one graph of all lengths: the captures must be the same but for the whole
 * numbers that nodes are told of shapes, and each such number must be a polynomial of the dimensions
 * ({@link fitPolynomial}), which the graph then computes of its inputs' shapes.
 *
 * @param sources - of each dimension, in their order
 * @returns each result's lengths, as the graph declares them
 * @throws FgamError `compile/not-captured` that names the node that is another at other lengths
 */
export function generaliseGraph(
  { dimensions, corners, check }: SampledCaptures,
  sources: readonly DimensionSource[],
): Readonly<Record<string, readonly (number | string)[]>> {
  const [{ graph, outputs }] = corners as readonly [CapturedNodes];
  const all = [...corners, check].map((each) => readable(each.graph));
  const lengths = dimensions.map((dimension) => dimension.check);
  const fitted = (values: readonly number[]): DimensionPolynomial | undefined => {
    const polynomial = fitPolynomial(dimensions, values.slice(0, -1));
    return polynomial && valueAt(polynomial, lengths) === values.at(-1) ? polynomial : undefined;
  };
  const numbers = createNumbers(graph, sources);
  /** What a node reads in place of an input that is the given things in the captures. */
  function inputOf(node: OnnxNode, name: string, read: readonly (string | OnnxInitializer | undefined)[]) {
    const [first] = read;
    if (first === undefined || typeof first === 'string') {
      if (read.some((other) => other !== first)) throw notGeneral(node, 'what it reads');
      return name;
    }
    const constants = read.flatMap((other) => (typeof other === 'object' ? [other] : []));
    if (constants.length < read.length) throw notGeneral(node, 'what it reads');
    if (constants.every((other) => isSame(first, other))) return name;
    const lists = constants.map(integersOf);
    const entries = (lists[0] ?? []).map((_, entry) =>
      fitted(lists.map((list) => list?.[entry] ?? Number.NaN)),
    );
    const known = entries.filter((entry) => entry !== undefined);
    const isList = lists.every((list) => list?.length === entries.length && list.length > 0);
    if (!isList || known.length < entries.length) throw notGeneral(node, 'a constant');
    return numbers.list(known);
  }

  const nodes = graph.nodes.map((node, i): OnnxNode => {
    const others = all.map(({ nodes: own }) => own[i]);
    if (bodiesOf(node).length > 0) throw notGeneral(node, 'a loop or a condition');
    if (others.some((other) => other === undefined || formOf(other) !== formOf(node)))
      throw notGeneral(node, 'another operation');
    const readAt = (at: number) => others.map((other, k) => all[k]?.describe(other?.inputs[at] ?? ''));
    return { ...node, inputs: node.inputs.map((name, at) => inputOf(node, name, readAt(at))) };
  });
  if (all.some(({ nodes: own }) => own.length !== nodes.length))
    throw notGeneral(undefined, 'how many nodes there are');
  graph.nodes.splice(0, graph.nodes.length, ...numbers.nodes(), ...nodes);
  graph.keepOnly(Object.values(outputs).map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(outputs).map(([key, { shape }]) => {
      const shapes = [...corners, check].map((each) => each.outputs[key]?.shape ?? []);
      const declared = shape.map((_, axis) => {
        const polynomial = fitted(shapes.map((each) => each[axis] ?? Number.NaN));
        if (polynomial === undefined) throw notGeneral(undefined, `axis ${axis} of ${key}`);
        return polynomialText(polynomial, dimensions);
      });
      return [key, declared];
    }),
  );
}

/**
 * A graph's nodes, and what a name is, whatever the graph calls it: an input, a result of a node by
 * its place, or a constant.
 */
function readable(graph: OnnxGraph) {
  const constants = new Map(graph.initializers.map((constant) => [constant.name, constant]));
  const places = new Map(
    graph.nodes.flatMap(({ outputs }, i) => outputs.map((name, at) => [name, `node ${i}.${at}`] as const)),
  );
  return {
    nodes: graph.nodes,
    describe: (name: string): string | OnnxInitializer =>
      constants.get(name) ?? places.get(name) ?? `input ${name}`,
  };
}

function formOf({ operator, domain, inputs, outputs, attributes }: OnnxNode): string {
  return JSON.stringify([operator, domain, inputs.length, outputs.length, attributes]);
}

function isSame(a: OnnxInitializer, b: OnnxInitializer): boolean {
  return (
    a.type === b.type &&
    a.shape.join() === b.shape.join() &&
    Buffer.from(a.bytes).equals(Buffer.from(b.bytes))
  );
}

/** Nodes that compute lists of numbers from the shapes of a graph's inputs, each number once. */
function createNumbers(graph: OnnxGraph, sources: readonly DimensionSource[]) {
  const made: OnnxNode[] = [];
  const known = new Map<string, string>();
  const add = (operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}) => {
    const key = JSON.stringify([operator, inputs, attributes]);
    const old = known.get(key);
    if (old !== undefined) return old;
    const output = graph.newValue();
    made.push({ operator, inputs, outputs: [output], attributes });
    known.set(key, output);
    return output;
  };
  const number = (polynomial: DimensionPolynomial): string => {
    const terms = polynomial.flatMap((coefficient, set) => {
      if (coefficient === 0) return [];
      const lengths = sources
        .filter((_, d) => (set >> d) & 1)
        .map(({ input, axis }) => add('Shape', [input], { start: axis, end: axis + 1 }));
      const factors = coefficient === 1 && set !== 0 ? [] : [graph.integers([coefficient])];
      return [[...lengths, ...factors].reduce((a, b) => add('Mul', [a, b]))];
    });
    return terms.length === 0 ? graph.integers([0]) : terms.reduce((a, b) => add('Add', [a, b]));
  };
  return {
    list: (entries: readonly DimensionPolynomial[]) => add('Concat', entries.map(number), { axis: 0 }),
    nodes: (): readonly OnnxNode[] => made,
  };
}

function notGeneral(node: OnnxNode | undefined, what: string): FgamError {
  return new FgamError(
    'compile/not-captured',
    `exportDynamicGraph: expected a program that is the same at all lengths of its dimensions, got ${what} that changes with them` +
      `${node === undefined ? '' : ` (${node.operator})`}; make such values of inputs, by operations, or give the length as a number`,
  );
}
