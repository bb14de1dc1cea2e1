import { describe, expect, test } from 'vitest';
import { ONNX_TYPES, OnnxGraph } from './onnx-graph.js';

describe('OnnxGraph', () => {
  test('stores equal small constants once', () => {
    const graph = new OnnxGraph();
    const first = graph.integers([1, 2]);
    expect(graph.integers([1, 2])).toBe(first);
    expect(graph.scalar(1, 'float32')).toBe(graph.scalar(1, 'float32'));
    expect(graph.initializers).toHaveLength(2);
  });

  test('keeps apart what differs in value, type or shape', () => {
    const graph = new OnnxGraph();
    const data = Float32Array.of(0, 0);
    const names = [
      graph.constant(ONNX_TYPES.float32, [2], data),
      graph.constant(ONNX_TYPES.float32, [2, 1], data),
      // The same bytes, read as whole numbers.
      graph.constant(ONNX_TYPES.int32, [2], Int32Array.of(0, 0)),
      // Zero of the other sign has other bits.
      graph.constant(ONNX_TYPES.float32, [2], Float32Array.of(0, -0)),
      graph.integers([1]),
      graph.scalar(1, 'int32'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('stores large constants each time: comparing them would cost more than it saves', () => {
    const graph = new OnnxGraph();
    const large = new Float32Array(129);
    expect(graph.constant(ONNX_TYPES.float32, [129], large)).not.toBe(
      graph.constant(ONNX_TYPES.float32, [129], large),
    );
    const small = new Float32Array(128);
    expect(graph.constant(ONNX_TYPES.float32, [128], small)).toBe(
      graph.constant(ONNX_TYPES.float32, [128], small),
    );
  });

  test('appends nodes in order, their results under new names', () => {
    const graph = new OnnxGraph();
    graph.addInput('x', { shape: [4], dtype: 'float32' });
    const [low, high] = graph.addNodes('Split', ['x', graph.integers([2, 2])], 2, { axis: 0 });
    const sum = graph.addNode('Add', [low as string, high as string]);
    expect(graph.nodes.map(({ operator, inputs, outputs }) => [operator, inputs.length, outputs])).toEqual([
      ['Split', 2, [low, high]],
      ['Add', 2, [sum]],
    ]);
    expect(new Set(['x', low, high, sum]).size).toBe(4);
  });

  test('drops nodes and constants that no result needs, within bodies too, and keeps what bodies read', () => {
    const graph = new OnnxGraph();
    const read = graph.addNode('Neg', [graph.scalar(1, 'float32')]);
    graph.addNode('Exp', [graph.scalar(2, 'float32')]);
    const body = new OnnxGraph(graph);
    const result = body.addNode('Abs', [read]);
    body.addNode('Log', [read, body.scalar(3, 'float32')]);
    const branch = { body, results: [{ name: result, shape: [], dtype: 'float32' }] } as const;
    const condition = graph.scalar(1, 'bool');
    const chosen = graph.addNode('If', [condition], { then_branch: branch, else_branch: branch });
    graph.keepOnly([chosen]);
    const operators = ({ nodes }: OnnxGraph) => nodes.map(({ operator }) => operator);
    expect([operators(graph), operators(body)]).toEqual([['Neg', 'If'], ['Abs']]);
    expect([graph.initializers.length, body.initializers.length]).toEqual([2, 0]);
  });
});

test('new values are called other than inputs and reserved names, within bodies too', () => {
  const graph = new OnnxGraph(undefined, {}, ['t1', 'body2/t0']);
  for (const name of ['c0', 't3']) graph.addInput(name, { shape: [], dtype: 'float32' });
  const names = [graph.scalar(1, 'float32'), graph.newValue()];
  const body = new OnnxGraph(graph);
  names.push(graph.newValue(), body.newValue(), body.newValue());
  for (const name of names) expect(['c0', 't1', 't3', 'body2/t0']).not.toContain(name);
  expect(new Set(names).size).toBe(names.length);
});
