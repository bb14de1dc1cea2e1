import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { createBindingSession } from './binding-session.js';
import { captureGraph } from './capture.js';
import { collectGarbage } from './collect-garbage.test-support.js';
import { createNativeSession } from './native-session.js';
import { ortLibrary } from './ort-library.js';
import type { OpenSession, SessionSettings } from './session.js';
import { emptyTensor, type HostTensor } from './tensors.js';

const settings: SessionSettings = { threads: 1, keepsMemory: false, entries: {} };
const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const graph = captureGraph(
  {
    x: { shape: [2], dtype: 'float32' },
    n: { shape: [2], dtype: 'int32' },
    b: { shape: [2], dtype: 'bool' },
    none: { shape: [0], dtype: 'float32' },
  },
  ({ x, n, b, none }) => ({
    doubled: tf.mul(x as tf.Tensor, 2),
    next: tf.add(n as tf.Tensor, tf.scalar(1, 'int32')),
    not: tf.logicalNot(b as tf.Tensor),
    empty: tf.exp(none as tf.Tensor),
  }),
);
const inputs = {
  x: vector(1, 2),
  n: { shape: [2], dtype: 'int32', data: Int32Array.of(3, 4) },
  b: { shape: [2], dtype: 'bool', data: Uint8Array.of(0, 1) },
  none: vector(),
} as const satisfies Record<string, HostTensor>;

/** Memory for the results, by the graph's names for them. */
const memory = (): Record<string, HostTensor> =>
  Object.fromEntries(Object.values(graph.outputs).map((output) => [output.name, emptyTensor(output)]));
const resultOf = (results: Readonly<Record<string, HostTensor>>, key: string) =>
  results[graph.outputs[key]?.name ?? '']?.data;

function library() {
  const found = ortLibrary();
  if (found === undefined) throw new Error('no library of onnxruntime for this platform');
  return found;
}

describe.each<[string, () => OpenSession | Promise<OpenSession>]>([
  ['by the C API', () => createNativeSession(library(), graph.model, settings)],
  ['by the binding', () => createBindingSession(graph.model, 'ort-cpu', settings)],
])('a session %s', (_, open) => {
  test('writes results of every element type into the given memory, empty ones too', async () => {
    const session = await open();
    expect([...session.inputNames].sort()).toEqual(['b', 'n', 'none', 'x']);
    const results = memory();
    await session.run(inputs, results);
    expect(resultOf(results, 'doubled')).toEqual(Float32Array.of(2, 4));
    expect(resultOf(results, 'next')).toEqual(Int32Array.of(4, 5));
    expect(resultOf(results, 'not')).toEqual(Uint8Array.of(1, 0));
    expect(resultOf(results, 'empty')).toEqual(new Float32Array());
    await session.release();
  });

  test('reads memory as it is at each run: the same arrays, others, and parts of larger ones', async () => {
    const session = await open();
    const results = memory();
    const doubled = async (x: HostTensor): Promise<number[]> => {
      await session.run({ ...inputs, x }, results);
      return Array.from(resultOf(results, 'doubled') ?? []);
    };
    const x = vector(1, 2);
    expect(await doubled(x)).toEqual([2, 4]);
    x.data.set([5, 6]);
    expect(await doubled(x)).toEqual([10, 12]);
    expect(await doubled(vector(7, 8))).toEqual([14, 16]);
    const part = Float32Array.of(0, 0, 0, 9, 10, 0).subarray(3, 5);
    expect(await doubled({ shape: [2], dtype: 'float32', data: part })).toEqual([18, 20]);
    expect(await doubled(x)).toEqual([10, 12]);
    await session.release();
  });
});

describe('createNativeSession', () => {
  test('a model that is none is an error in the library’s words', () => {
    const create = () => createNativeSession(library(), new Uint8Array([1, 2, 3]), settings);
    expect(create).toThrow(/protobuf/i);
    expect(() => createNativeSession(library(), '/nowhere.onnx', settings)).toThrow(/nowhere/);
  });

  test('a run that fails says why, and the next one works', () => {
    const picks = captureGraph({ at: { shape: [1], dtype: 'int32' } }, ({ at }) => ({
      y: tf.gather(tf.tensor1d([1, 2]), at as tf.Tensor1D),
    }));
    const session = createNativeSession(library(), picks.model, settings);
    const y = vector(0);
    const pick = (at: number) =>
      session.run(
        { at: { shape: [1], dtype: 'int32', data: Int32Array.of(at) } },
        { [picks.outputs['y']?.name ?? '']: y },
      );
    expect(() => pick(7)).toThrow(/out of/);
    void pick(1);
    expect(y).toEqual(vector(2));
    void session.release();
  });

  test('keeps no memory of a caller’s alive', async () => {
    const session = createNativeSession(library(), graph.model, settings);
    const collected: string[] = [];
    const registry = new FinalizationRegistry<string>((name) => collected.push(name));
    const runOnce = (): void => {
      const x = vector(1, 2);
      registry.register(x.data, 'x');
      void session.run({ ...inputs, x }, memory());
    };
    runOnce();
    for (let i = 0; i < 20 && collected.length === 0; i++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(collected).toEqual(['x']);
    void session.release();
  });
});
