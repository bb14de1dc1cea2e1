import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { callSite } from './call-site.js';
import { captureGraph } from './capture.js';
import type { TensorMap } from './tensors.js';

tf.env().set('PROD', true);

const specs = { x: { shape: [2, 3], dtype: 'float32' } } as const;
const only = ({ x }: TensorMap) => x as tf.Tensor;

test('the first capture leaves tfjs free to choose a backend', () => {
  expect(tf.engine().backendName ?? undefined).toBeUndefined();
  captureGraph(specs, (inputs) => ({ y: tf.exp(only(inputs)) }));
  expect(tf.engine().backendName ?? undefined).toBeUndefined();
  tf.scalar(1).dispose();
  expect(tf.getBackend()).toBe('cpu');
});

describe('captureGraph', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('reports the graph, and only the inputs that are read', () => {
    const graph = captureGraph(
      { ...specs, unused: { shape: [7], dtype: 'int32' } },
      ({ x }) => ({ y: tf.sum(tf.square(x as tf.Tensor), 1) }),
      'squares',
    );
    expect(graph.inputs).toEqual([{ name: 'x', shape: [2, 3], dtype: 'float32' }]);
    expect(graph.outputs['y']).toMatchObject({ shape: [2], dtype: 'float32' });
    // Square and sum.
    expect(graph.nodes).toBe(2);
  });

  test.each(['c0', 't1', 't2'])('an input may be called %s, as values of graphs are', async (name) => {
    const spec = { shape: [2], dtype: 'float32' } as const;
    const { model, outputs } = captureGraph({ [name]: spec }, (inputs) => {
      const x = inputs[name] as tf.Tensor;
      return { y: tf.add(tf.mul(x, tf.tensor1d([10, 20])), x) };
    });
    const session = await InferenceSession.create(model);
    const results = await session.run({ [name]: new Tensor('float32', [1, 2], [2]) });
    expect([...(results[outputs['y']?.name ?? '']?.data as Float32Array)]).toEqual([11, 42]);
    await session.release();
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['dataSync', (x) => tf.scalar(tf.exp(x).dataSync()[0] as number)],
    ['arraySync', (x) => tf.tensor(tf.sum(x).arraySync())],
    ['a branch on data', (x) => ((tf.max(x).dataSync()[0] as number) > 0 ? x : tf.neg(x))],
  ])('refuses to read a value: %s', (_name, program) => {
    const capture = () => captureGraph(specs, (inputs) => ({ y: program(only(inputs)) }));
    expect(capture).toThrow(expect.objectContaining({ code: 'compile/read-while-capturing' }) as Error);
    expect(capture).toThrow(/tf\.where/);
  });

  test('values that the program wrote itself can be read', () => {
    const { outputs } = captureGraph(specs, (inputs) => ({
      y: tf.reshape(only(inputs), [...tf.tensor1d([3, 2], 'int32').dataSync()]),
    }));
    expect(outputs['y']?.shape).toEqual([3, 2]);
  });

  /** The error of a program that can't be captured, thrown by the line that this is called in. */
  const refusal = (program: (x: tf.Tensor) => tf.Tensor): string => {
    try {
      captureGraph(specs, (inputs) => ({ y: program(only(inputs)) }));
    } catch (error) {
      return (error as Error).message;
    }
    return 'captured';
  };
  const HERE = /\(called at .*capture\.test\.ts:\d+\)$/;

  test.each<[string, (x: tf.Tensor) => tf.Tensor, RegExp]>([
    [
      'a reason and a remedy',
      (x) => tf.unique(x).values,
      /Unique is not captured: its result's shape depends on data; .*mask/,
    ],
    ['random numbers', (x) => tf.multinomial(x as tf.Tensor2D, 1), /Multinomial is not captured: .*Gumbel/],
    [
      'a value that is read',
      (x) => tf.tensor(tf.sum(x).arraySync()),
      /reads the value of a result of Sum .*tf\.where/,
    ],
    ['an input that is read', (x) => tf.tensor(x.dataSync()), /reads the value of an input or a weight/],
    ['within a gradient', (x) => tf.grad((z) => tf.unique(tf.exp(z)).values)(x), /Unique is not captured/],
  ])('names the operation, the call and what to do: %s', (_name, program, words) => {
    expect(refusal(program)).toMatch(words);
    expect(refusal(program)).toMatch(HERE);
  });

  test('the call is that of the line that made it', () => {
    const stack = new Error('here').stack ?? '';
    const line = Number(/capture\.test\.ts:(\d+)/.exec(stack)?.[1]);
    // Two lines down.
    expect(refusal((x) => tf.unique(x).values)).toContain(`capture.test.ts:${line + 3})`);
  });

  test('the call is that of the program where maps name the sources of tfjs and of this package', () => {
    const own = fileURLToPath(new URL('capture-error.ts', import.meta.url));
    const frames = [
      `captureError (${own}:14:10)`,
      'Engine.runKernel (/app/tfjs-core/src/engine.ts:650:9)',
      'kernelFunc (C:\\app\\tfjs-backend-cpu\\src\\kernels\\Add.ts:20:3)',
      'program (/app/tfjs-demo/src/model.ts:7:5)',
    ];
    const stack = ['Error: stack', ...frames.map((frame) => `    at ${frame}`)].join('\n');
    expect(callSite(stack)).toBe('/app/tfjs-demo/src/model.ts:7');
  });

  test('a kernel of another backend alone is named, with what to do', () => {
    tf.registerKernel({ kernelName: 'Strange', backendName: 'cpu', kernelFunc: () => [] });
    const message = refusal((x) => tf.engine().runKernel('Strange', { x }));
    expect(message).toMatch(/Strange is no kernel of tfjs's that has a capture.*compose.*tfjs-cpu/);
    expect(message).toMatch(HERE);
    tf.unregisterKernel('Strange', 'cpu');
  });

  test('element types that ONNX graphs do not get are refused', () => {
    const capture = () => captureGraph(specs, () => ({ y: tf.tensor1d(['a']) }));
    expect(capture).toThrow(expect.objectContaining({ code: 'compile/not-captured' }) as Error);
    expect(capture).toThrow(/got a string tensor/);
  });

  test('a tensor of another backend is refused', () => {
    const outside = tf.tensor2d([[1, 2, 3]]);
    const capture = () => captureGraph(specs, (inputs) => ({ y: tf.add(only(inputs), outside) }));
    expect(capture).toThrow(expect.objectContaining({ code: 'compile/foreign-tensor' }) as Error);
    expect(capture).toThrow(
      /capture: Add: a tensor \[1, 3\] of another backend.*called at .*capture\.test\.ts:\d+/,
    );
    outside.dispose();
  });

  test('a tensor that was kept from another capture is refused', () => {
    let kept: tf.Tensor | undefined;
    captureGraph(specs, (inputs) => {
      kept = tf.keep(tf.exp(only(inputs)));
      return { y: kept };
    });
    const capture = () => captureGraph(specs, (inputs) => ({ y: tf.add(only(inputs), kept as tf.Tensor) }));
    expect(capture).toThrow(/another captured program/);
    kept?.dispose();
  });

  test("the program's own errors come through as they are", () => {
    const own = new Error('mine');
    expect(() =>
      captureGraph(specs, () => {
        throw own;
      }),
    ).toThrow(own);
  });

  test('leaves no tensors, also after an error', () => {
    const before = { ...tf.memory() };
    for (let i = 0; i < 5; i++) {
      captureGraph(specs, (inputs) => ({
        y: tf.grad((x) => tf.sum(tf.softmax(tf.mul(x, tf.tensor1d([1, 2, 3])))))(only(inputs)),
        same: only(inputs),
      }));
      expect(() =>
        captureGraph(specs, (inputs) => ({ y: tf.unique(tf.exp(only(inputs))).values })),
      ).toThrow();
    }
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    expect({ numTensors, numDataBuffers, numBytes }).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
    const kept = tf.engine().registry['fgam-capture'];
    expect(kept?.numDataIds()).toBe(0);
  });

  test('restores the backend, also after an error', () => {
    captureGraph(specs, (inputs) => ({ y: tf.exp(only(inputs)) }));
    expect(tf.getBackend()).toBe('cpu');
    expect(() => captureGraph(specs, (inputs) => ({ y: tf.unique(only(inputs)).values }))).toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.tidy(() => tf.sum(tf.tensor1d([1, 2])).dataSync()[0])).toBe(3);
  });

  test('captures within a capture do not mix', () => {
    let inner = 0;
    const outer = captureGraph(specs, (inputs) => {
      const doubled = tf.mul(only(inputs), 2);
      inner = captureGraph({ z: { shape: [4], dtype: 'float32' } }, ({ z }) => ({
        y: tf.mul(tf.exp(z as tf.Tensor), 2),
      })).nodes;
      expect(() => captureGraph(specs, () => ({ y: tf.exp(doubled) }))).toThrow(/another captured program/);
      return { y: tf.mul(doubled, 2) };
    });
    expect(inner).toBe(2);
    expect(outer.nodes).toBe(2);
    expect(outer.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(tf.getBackend()).toBe('cpu');
  });
});
