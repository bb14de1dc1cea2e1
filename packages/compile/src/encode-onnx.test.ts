import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { encodeOnnx } from './encode-onnx.js';
import { ONNX_TYPES, OnnxGraph } from './onnx-graph.js';

describe('encodeOnnx', () => {
  test('writes a model that onnxruntime loads and runs, with every kind of attribute', async () => {
    const graph = new OnnxGraph();
    graph.addInput('x', { shape: [2, 2], dtype: 'float32' });
    const turned = graph.addNode('Transpose', ['x'], { perm: [1, 0] });
    const leaky = graph.addNode('LeakyRelu', [turned], { alpha: { float: 0.25 } });
    const pads = graph.integers([0, 1, 0, 0]);
    const padded = graph.addNode('Pad', [leaky, pads, graph.scalar(9, 'float32')], { mode: 'constant' });
    const flat = graph.addNode('Flatten', [padded], { axis: -2 });
    const outputs = [{ name: flat, shape: [1, 6], dtype: 'float32' }] as const;
    const model = encodeOnnx(graph, outputs, 'attributes');
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual([flat]);
    const x = new ort.Tensor('float32', Float32Array.of(1, -2, 3, -4), [2, 2]);
    const result = (await session.run({ x }))[flat];
    // Transposed [[1, 3], [-2, -4]], negative ones by a quarter, a column of nines in front.
    expect(result?.data).toEqual(Float32Array.of(9, 1, 3, 9, -0.5, -1));
    expect(result?.dims).toEqual([1, 6]);
    await session.release();
  });

  test('writes constants of every type', async () => {
    const graph = new OnnxGraph();
    const values = [
      ['float32', 'float32', [3], Float32Array.of(0.1, -1, 1e30)],
      ['int32', 'int32', [2, 1], Int32Array.of(-5, 2 ** 31 - 1)],
      ['bool', 'bool', [2], Uint8Array.of(1, 0)],
    ] as const;
    const outputs = values.map(([type, dtype, shape, data]) => ({
      name: graph.addNode('Identity', [graph.constant(ONNX_TYPES[type], shape, data)]),
      shape,
      dtype,
    }));
    const wide = graph.addNode('Cast', [graph.integers([-3, 2 ** 40])], { to: ONNX_TYPES.float32 });
    const all = [...outputs, { name: wide, shape: [2], dtype: 'float32' } as const];
    const session = await ort.InferenceSession.create(encodeOnnx(graph, all, 'constants'));
    const results = await session.run({});
    values.forEach(([, , shape, data], index) => {
      const result = results[outputs[index]?.name as string];
      expect(result?.data).toEqual(data);
      expect(result?.dims).toEqual(shape);
    });
    expect(results[wide]?.data).toEqual(Float32Array.of(-3, 2 ** 40));
    await session.release();
  });
});
