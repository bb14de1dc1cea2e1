import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import { exportGraph } from './export-graph.js';
import { openGraph } from './open-graph.js';
import { writeSafetensors } from './safetensors.js';
import type { HostTensor, Program } from './tensors.js';
import { createTrainingStep } from './training-step.js';
import type { LossProgram } from './update-program.js';

tf.env().set('PROD', true);

const tensor = (shape: readonly number[], seed: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed * 97 + i)),
});
const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const classify: Program = ({ w }, { x, mask }) => {
  const scores = tf.softmax(tf.matMul(x as tf.Tensor, w as tf.Tensor));
  return {
    scores,
    best: tf.argMax(scores, -1),
    large: tf.logicalAnd(tf.greater(scores, 0.4), mask as tf.Tensor),
    none: tf.zeros([0, 2]),
    x: x as tf.Tensor,
  };
};
const classified = (rows: number): Record<string, HostTensor> => ({
  x: tensor([rows, 4], rows),
  mask: { shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
});
const weights = { w: tensor([4, 3], 5) };

const loss: LossProgram = ({ w, scale }, { x }) => {
  const error = tf.sub(tf.matMul(x as tf.Tensor, tf.mul(w as tf.Tensor, scale as tf.Tensor)), 1);
  return { total: tf.mean(tf.square(error)), worst: tf.max(tf.abs(error)) };
};
const training = {
  loss,
  weights: { w: tensor([4, 2], 1), scale: vector(0.5) },
  optimizer: { clipNorm: 1, weightDecay: 0.01, trainable: (name: string) => name === 'w' },
};
const batch = (seed: number): Record<string, HostTensor> => ({ x: tensor([3 + (seed % 2), 4], seed) });

/** 64 products of 512 x 512: at the very least tens of milliseconds of one thread. */
const powers: Program = (_weights, { x }) => {
  let y = x as tf.Tensor;
  for (let i = 0; i < 64; i++) y = tf.matMul(y, x as tf.Tensor);
  return { y: tf.mean(y) };
};
const square: HostTensor = {
  shape: [512, 512],
  dtype: 'float32',
  data: new Float32Array(512 * 512).fill(1 / 512),
};

/** The next worker thread that this process starts. */
async function nextThread(start: () => unknown): Promise<Worker> {
  const started = once(process, 'worker') as Promise<[Worker]>;
  start();
  return (await started)[0];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('in a worker, bit for bit as in this thread', () => {
  test('a function, its weights swapped between runs that were asked for at once', async () => {
    const [here, there] = [false, true].map((worker) => createFunction(classify, { weights, worker }));
    const run = (f: typeof here) => {
      const runs = [2, 5, 2].map((rows) => f?.run(classified(rows)));
      f?.setWeights({ w: tensor([4, 3], 6) });
      return Promise.all([...runs, ...[2, 5].map((rows) => f?.run(classified(rows)))]);
    };
    const [expected, got] = [await run(here), await run(there)];
    expect(got).toEqual(expected);
    expect(got[3]).not.toEqual(got[0]);
    expect(got[0]?.['large']?.data).toBeInstanceOf(Uint8Array);
    expect(there?.stats).toMatchObject({ runs: 5, captures: 2 });
    // The caller's weights are still its own.
    expect(weights.w).toEqual(tensor([4, 3], 5));
    await Promise.all([here?.dispose(), there?.dispose()]);
  });

  test('a training step: losses, state, a state that was loaded', async () => {
    const [here, there] = [false, true].map((worker) => createTrainingStep({ ...training, worker }));
    const train = async (step: typeof here) => {
      const results = [];
      for (let i = 0; i < 10; i++) results.push(await step?.run(batch(i), { learningRate: 0.05 }));
      const saved = await step?.state();
      for (let i = 10; i < 15; i++) results.push(await step?.run(batch(i), { learningRate: 0.05 }));
      const then = await step?.weights();
      if (saved !== undefined) await step?.load(saved);
      results.push(await step?.run(batch(10), { learningRate: 0.05 }));
      return { results, saved, then: structuredClone(then), end: await step?.state() };
    };
    const [expected, got] = [await train(here), await train(there)];
    expect(got).toEqual(expected);
    expect(got.saved?.step).toBe(10);
    expect(got.end?.step).toBe(11);
    expect(got.results[15]).toEqual(got.results[10]);
    expect(got.end?.weights['scale']).toEqual(vector(0.5));
    expect(got.then?.['w']).not.toEqual(training.weights.w);
    await Promise.all([here?.dispose(), there?.dispose()]);
  });

  test('a graph from a file, over weights in another', async () => {
    const file = join(folder, 'model.safetensors');
    await writeSafetensors(file, weights, { dtype: 'F16' });
    const path = join(folder, 'graph.onnx');
    await exportGraph(path, classify, { weights: file, inputs: classified(2) });
    const [here, there] = [await openGraph(path), await openGraph(path, { worker: true })];
    expect(await there.run(classified(2))).toEqual(await here.run(classified(2)));
    await Promise.all([here.dispose(), there.dispose()]);
  });
});

describe('inputs', () => {
  const double: Program = (_weights, { x }) => ({ y: tf.add(x as tf.Tensor, x as tf.Tensor) });

  test('are moved, at once, and used up', async () => {
    const f = createFunction(double, { worker: true });
    const x = vector(1, 2);
    const { buffer } = x.data;
    const running = f.run({ x });
    expect([x.data.length, buffer.byteLength]).toEqual([0, 0]);
    expect((await running)['y']).toEqual(vector(2, 4));
    await expect(f.run({ x })).rejects.toMatchObject({ code: 'compile/bad-input' });
    await f.dispose();
  });

  test('are copied where that is asked for: the caller keeps them and may write into them at once', async () => {
    const f = createFunction(double, { worker: { transfer: 'copy' } });
    const x = vector(1, 2);
    const running = f.run({ x });
    x.data[0] = 100;
    expect((await running)['y']).toEqual(vector(2, 4));
    expect((await f.run({ x }))['y']).toEqual(vector(200, 4));
    await f.dispose();
  });

  test('of a training step are moved, and its weights are not', async () => {
    const step = createTrainingStep({ ...training, worker: true });
    const x = tensor([3, 4], 1);
    await step.run({ x }, { learningRate: 0.1 });
    expect(x.data).toHaveLength(0);
    expect(training.weights.w.data).toHaveLength(8);
    expect(training.weights.scale.data).toHaveLength(1);
    await step.dispose();
  });

  test('that are refused are not moved', async () => {
    const f = createFunction(double, { worker: true });
    const x: HostTensor = { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2) };
    await expect(f.run({ x })).rejects.toMatchObject({ code: 'compile/bad-input' });
    expect(x.data).toHaveLength(2);
    await f.dispose();
  });
});

test('this thread goes on while a graph runs', async () => {
  /** Turns of this thread's event loop that begin and end within a run. */
  const turnsDuring = async (worker: boolean): Promise<number> => {
    const f = createFunction(powers, { worker: worker && { transfer: 'copy' }, threads: 1 });
    await f.run({ x: square });
    let turns = 0;
    let running = true;
    const turn = () => {
      turns += 1;
      if (running) setTimeout(turn, 1);
    };
    setTimeout(turn, 1);
    await f.run({ x: square });
    running = false;
    await f.dispose();
    return turns;
  };
  const [here, there] = [await turnsDuring(false), await turnsDuring(true)];
  expect(here).toBeLessThan(3);
  expect(there).toBeGreaterThan(5);
});

describe('failures', () => {
  const refused: Program = (_weights, { x, index }) => ({
    y: tf.gather(x as tf.Tensor, index as tf.Tensor1D),
  });
  const index = (value: number): HostTensor => ({ shape: [1], dtype: 'int32', data: Int32Array.of(value) });

  test('of a run come back as they are in this thread, and the next run is served', async () => {
    const [here, there] = [false, true].map((worker) => createFunction(refused, { worker }));
    const failure = (f: typeof here): Promise<unknown> =>
      f?.run({ x: vector(1, 2), index: index(7) }).catch((error: unknown) => error) as Promise<unknown>;
    const [expected, got] = [await failure(here), await failure(there)];
    expect(expected).toBeInstanceOf(Error);
    expect(got).toMatchObject({ name: (expected as Error).name, message: (expected as Error).message });
    expect((await there?.run({ x: vector(1, 2), index: index(1) }))?.['y']).toEqual(vector(2));
    await Promise.all([here?.dispose(), there?.dispose()]);
  });

  test('keep their codes, and a state that was not finite is the one before', async () => {
    const step = createTrainingStep({
      weights: { w: vector(1) },
      loss: ({ w }, { x }) => ({ total: tf.sum(tf.log(tf.mul(w as tf.Tensor, x as tf.Tensor))) }),
      worker: true,
    });
    await step.run({ x: vector(2) }, { learningRate: 0.1 });
    const before = await step.state();
    await expect(step.run({ x: vector(-1) }, { learningRate: 0.1 })).rejects.toMatchObject({
      code: 'compile/not-finite',
    });
    expect(await step.state()).toEqual(before);
    expect((await step.run({ x: vector(2) }, { learningRate: 0.1 })).step).toBe(2);
    await step.dispose();
    for (const late of [step.run({}, { learningRate: 1 }), step.weights(), step.state(), step.load(before)])
      await expect(late).rejects.toMatchObject({ code: 'compile/disposed' });
  });

  test('of a graph whose weights are gone say so, with the cause, and leave no thread', async () => {
    const file = join(folder, 'gone.safetensors');
    await writeSafetensors(file, weights);
    const path = join(folder, 'gone.onnx');
    await exportGraph(path, classify, { weights: file, inputs: classified(2) });
    await rm(file);
    let opening: Promise<unknown> = Promise.resolve();
    const thread = await nextThread(() => {
      opening = openGraph(path, { worker: true });
      opening.catch(() => undefined);
    });
    await expect(opening).rejects.toMatchObject({
      code: 'compile/bad-graph',
      cause: expect.any(Error) as Error,
    });
    expect(thread.threadId).toBe(-1);
  });

  test('of a session keep their codes: a backend that this machine lacks', async () => {
    const backend = process.platform === 'darwin' ? 'ort-dml' : 'ort-coreml';
    const f = createFunction(refused, { backend, worker: true });
    await expect(f.run({ x: vector(1, 2), index: index(1) })).rejects.toMatchObject({
      name: 'FgamError',
      code: 'compile/no-backend',
      cause: expect.any(Error) as Error,
    });
    await f.dispose();
  });

  test('eager backends call the program itself, which no other thread can', () => {
    expect(() => createFunction(refused, { backend: 'tfjs-cpu', worker: true })).toThrow(
      expect.objectContaining({ code: 'compile/no-worker' }) as Error,
    );
  });
});

describe('the thread', () => {
  const identity: Program = (_weights, { x }) => ({ y: x as tf.Tensor });

  test('ends with dispose, after the runs that were asked for', async () => {
    let f = createFunction(identity);
    const thread = await nextThread(() => {
      f = createFunction(identity, { worker: true });
    });
    const begun = [1, 2, 3].map((value) => f.run({ x: vector(value) }));
    await f.dispose();
    expect(thread.threadId).toBe(-1);
    expect((await Promise.all(begun)).map(({ y }) => y?.data[0])).toEqual([1, 2, 3]);
    await expect(f.run({ x: vector(1) })).rejects.toMatchObject({ code: 'compile/disposed' });
    await f.dispose();
  });

  test('that is ended by others fails the calls that wait and all later ones', async () => {
    let f = createFunction(identity);
    const thread = await nextThread(() => {
      f = createFunction(identity, { worker: true, name: 'copied' });
    });
    await f.run({ x: vector(1) });
    const waiting = [1, 2].map((value) => f.run({ x: vector(value) }));
    // Before the runs are sent, which is after this turn.
    const ending = thread.terminate();
    const ended = {
      code: 'compile/no-worker',
      message: expect.stringMatching(/^copied: .*exit code 1/) as string,
    };
    for (const call of waiting) await expect(call).rejects.toMatchObject(ended);
    await expect(f.run({ x: vector(1) })).rejects.toMatchObject(ended);
    await ending;
    await f.dispose();
  });

  test('that crashes says why; an update under way fails, and so does a state that is gone', async () => {
    let step = createTrainingStep(training);
    const thread = await nextThread(() => {
      step = createTrainingStep({ ...training, worker: true });
    });
    await step.run(batch(1), { learningRate: 0.1 });
    // No such message: the thread's handler throws.
    thread.postMessage(null);
    const ended = {
      code: 'compile/no-worker',
      message: expect.stringContaining('null') as string,
      cause: expect.any(TypeError) as Error,
    };
    await expect(step.run(batch(1), { learningRate: 0.1 })).rejects.toMatchObject(ended);
    await expect(step.state()).rejects.toMatchObject(ended);
    await step.dispose();
  });
});
