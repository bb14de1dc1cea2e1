import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { createTrainingStep } from './training-step.js';
import type { HostTensor } from './tensors.js';
import type { LossProgram } from './update-program.js';

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

describe.each(['ort-cpu', 'tfjs-cpu'] as const)('createTrainingStep on %s', (backend) => {
  test('is AdamW, by hand', async () => {
    // loss = w^2 at w = 3: g = 6. Step 1: m = 0.6, v = 0.036 (b2 = 0.999), m^ = 6, v^ = 36, direction 1 (but
    // for epsilon); decay 0.1 * 3 = 0.3; w = 3 - 0.1 * (1 + 0.3) = 2.87.
    const step = createTrainingStep({
      backend,
      weights: { w: vector(3) },
      loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
      optimizer: { weightDecay: 0.1 },
    });
    const first = await step.run({}, { learningRate: 0.1 });
    expect(first).toMatchObject({ loss: 9, gradientNorm: 6, step: 1 });
    expect((await step.weights())['w']?.data[0]).toBeCloseTo(2.87, 5);
    expect((await step.state()).firstMoment['w']?.data[0]).toBeCloseTo(0.6, 6);
    expect((await step.state()).secondMoment['w']?.data[0]).toBeCloseTo(0.036, 6);
    // Step 2: g = 5.74, m = 0.54 + 0.574 = 1.114, m^ = 1.114 / 0.19 = 5.863158;
    // v = 0.035964 + 0.0329476 = 0.0689116, v^ = 0.0689116 / 0.001999 = 34.473037, sqrt 5.871374;
    // w = 2.87 - 0.1 * (5.863158 / 5.871374 + 0.287) = 2.7414399.
    await step.run({}, { learningRate: 0.1 });
    expect((await step.weights())['w']?.data[0]).toBeCloseTo(2.7414399, 5);
    await step.dispose();
  });

  test('clips by global norm, excludes from decay, leaves frozen weights', async () => {
    const loss: LossProgram = ({ a, b, frozen }) => ({
      total: tf.sum(
        tf.mul(tf.add(tf.mul(a as tf.Tensor, 3), tf.mul(b as tf.Tensor, 4)), frozen as tf.Tensor),
      ),
      part: tf.sum(b as tf.Tensor),
    });
    const step = createTrainingStep({
      backend,
      weights: { a: vector(1), b: vector(2), frozen: vector(1) },
      loss,
      optimizer: {
        clipNorm: 1,
        weightDecay: 0.5,
        decays: (name) => name === 'a',
        trainable: (name) => name !== 'frozen',
      },
    });
    const result = await step.run({}, { learningRate: 0.01 });
    expect(result.gradientNorm).toBeCloseTo(5, 5);
    expect(result.parts).toEqual({ part: 2 });
    // Gradients (3, 4) are scaled to (0.6, 0.8).
    expect((await step.state()).firstMoment['a']?.data[0]).toBeCloseTo(0.06, 5);
    expect((await step.state()).firstMoment['b']?.data[0]).toBeCloseTo(0.08, 5);
    expect((await step.weights())['a']?.data[0]).toBeCloseTo(1 - 0.01 * (1 + 0.5), 5);
    expect((await step.weights())['b']?.data[0]).toBeCloseTo(2 - 0.01, 5);
    expect((await step.weights())['frozen']?.data[0]).toBe(1);
    expect(Object.keys((await step.state()).firstMoment)).toEqual(['a', 'b']);
    await step.dispose();
  });

  test('micro-batches: the mean of their gradients is that of the batch', async () => {
    const rows: HostTensor = {
      shape: [6, 2],
      dtype: 'float32',
      data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    };
    const kinds: HostTensor = { shape: [6], dtype: 'int32', data: Int32Array.of(0, 1, 2, 1, 0, 2) };
    const scale: HostTensor = { shape: [], dtype: 'float32', data: Float32Array.of(2) };
    const loss: LossProgram = ({ w, table }, { rows, kinds, scale }) => {
      const scores = tf.matMul(rows as tf.Tensor2D, w as tf.Tensor2D);
      const errors = tf.sub(
        tf.mul(scores, scale as tf.Tensor),
        tf.gather(table as tf.Tensor, kinds as tf.Tensor1D),
      );
      return { total: tf.mean(tf.square(errors)), bias: tf.mean(errors) };
    };
    const weights = {
      w: { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, -1, 0.5, 0.25, 2, -2) },
      table: { shape: [3, 3], dtype: 'float32', data: Float32Array.from({ length: 9 }, (_, i) => i / 9) },
    } as const;
    const steps = [1, 2, 3, 6].map((microBatches) =>
      createTrainingStep({ backend, weights, loss, microBatches, optimizer: { clipNorm: 1 } }),
    );
    const results = await Promise.all(
      steps.map((step) => step.run({ rows, kinds, scale }, { learningRate: 0.01 })),
    );
    for (const [i, step] of steps.entries()) {
      expect(results[i]?.loss).toBeCloseTo(results[0]?.loss as number, 5);
      expect(results[i]?.parts['bias']).toBeCloseTo(results[0]?.parts['bias'] as number, 5);
      expect(results[i]?.gradientNorm).toBeCloseTo(results[0]?.gradientNorm as number, 5);
      const moments = (await step.state()).firstMoment;
      for (const [name, { data }] of Object.entries((await steps[0]?.state())?.firstMoment ?? {}))
        data.forEach((value, at) => expect(moments[name]?.data[at]).toBeCloseTo(value, 6));
    }
    const odd = createTrainingStep({ backend, weights, loss, microBatches: 4 });
    await expect(odd.run({ rows, kinds, scale }, { learningRate: 0.01 })).rejects.toThrow(
      /equal parts.*got 6/,
    );
    await Promise.all([...steps, odd].map((step) => step.dispose()));
  });

  test('parts of a loss may be counts and truth values; of micro-batches the means', async () => {
    const x: HostTensor = { shape: [4], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) };
    for (const [microBatches, parts] of [
      [1, { any: 1, count: 3 }],
      [2, { any: 1, count: 1.5 }],
      [4, { any: 0.75, count: 0.75 }],
    ] as const) {
      const step = createTrainingStep({
        backend,
        microBatches,
        weights: { w: vector(2) },
        loss: ({ w }, { x: rows }) => {
          const large = tf.greater(rows as tf.Tensor, 1);
          const total = tf.mean(tf.square(tf.mul(rows as tf.Tensor, w as tf.Tensor)));
          return { total, any: tf.any(large), count: tf.sum(tf.cast(large, 'int32')) };
        },
      });
      // 4 (1 + 4 + 9 + 16) / 4
      expect(await step.run({ x }, { learningRate: 0.1 })).toMatchObject({ loss: 30, parts });
      await step.dispose();
    }
  });

  test('one set of weights and moments is enough on the CPU: updates are written over it', async () => {
    const step = createTrainingStep({
      backend,
      weights: { w: vector(1, 3) },
      loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
    });
    await step.run({}, { learningRate: 0.5 });
    const { data } = (await step.weights())['w'] as HostTensor;
    const before = [...data];
    await step.run({}, { learningRate: 0.5 });
    const after = (await step.weights())['w'] as HostTensor;
    expect([...after.data]).not.toEqual(before);
    expect(after.data === data).toBe(backend === 'ort-cpu');
    await step.dispose();
  });

  test('refuses a part of a loss that is no scalar, by its name', async () => {
    const step = createTrainingStep({
      backend,
      weights: { w: vector(1, 3) },
      loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)), errors: tf.square(w as tf.Tensor) }),
    });
    await expect(step.run({}, { learningRate: 0.5 })).rejects.toMatchObject({
      code: 'compile/bad-input',
      message: expect.stringContaining('errors') as string,
    });
    await step.dispose();
  });

  test('parts of a loss are those of the weights before the update, which a part that is not finite does not hinder', async () => {
    const step = createTrainingStep({
      backend,
      weights: { w: vector(1, 3) },
      loss: ({ w }) => ({
        total: tf.sum(tf.square(w as tf.Tensor)),
        largest: tf.max(w as tf.Tensor),
        nothing: tf.log(tf.scalar(-1)),
      }),
    });
    for (const largest of [3, 2.5, 2]) {
      const { parts } = await step.run({}, { learningRate: 0.5 });
      expect(parts['largest']).toBeCloseTo(largest, 1);
      expect(parts['nothing']).toBeNaN();
    }
    expect((await step.weights())['w']?.data[1]).toBeCloseTo(1.5, 1);
    await step.dispose();
  });

  test('refuses a loss that is not finite, names the step, keeps the state', async () => {
    const step = createTrainingStep({
      backend,
      weights: { w: vector(1) },
      loss: ({ w }, { x }) => ({ total: tf.sum(tf.log(tf.mul(w as tf.Tensor, x as tf.Tensor))) }),
    });
    await step.run({ x: vector(2) }, { learningRate: 0.1 });
    const before = await step.state();
    await expect(step.run({ x: vector(-1) }, { learningRate: 0.1 })).rejects.toMatchObject({
      code: 'compile/not-finite',
      message: expect.stringContaining('step 2') as string,
    });
    expect(await step.state()).toEqual(before);
    expect((await step.run({ x: vector(2) }, { learningRate: 0.1 })).step).toBe(2);
    await step.dispose();
  });
});

test('a saved state continues bit for bit', async () => {
  const loss: LossProgram = ({ w }, { x }) => ({
    total: tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor, w as tf.Tensor), 1))),
  });
  const weights = {
    w: {
      shape: [4, 2],
      dtype: 'float32',
      data: Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
    } as const,
  };
  const batch = (seed: number): Record<string, HostTensor> => ({
    x: {
      shape: [3, 4],
      dtype: 'float32',
      data: Float32Array.from({ length: 12 }, (_, i) => Math.cos(seed * 12 + i)),
    },
  });
  const straight = createTrainingStep({ loss, weights });
  for (let i = 0; i < 20; i++) await straight.run(batch(i), { learningRate: 0.05 });
  const half = createTrainingStep({ loss, weights });
  for (let i = 0; i < 10; i++) await half.run(batch(i), { learningRate: 0.05 });
  const resumed = createTrainingStep({ loss, weights });
  await resumed.load(await half.state());
  for (let i = 10; i < 20; i++) await resumed.run(batch(i), { learningRate: 0.05 });
  expect(await resumed.state()).toEqual(await straight.state());
  await expect(resumed.load({ ...(await half.state()), firstMoment: {} })).rejects.toThrow(
    /another architecture/,
  );
});

test('a state that is loaded during an update is the state after it', async () => {
  const step = createTrainingStep({
    weights: { w: vector(3) },
    loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
  });
  const start = await step.state();
  const saved = { ...start, weights: { w: vector(7) }, step: 40 };
  const [first, , next] = await Promise.all([
    step.run({}, { learningRate: 0.1 }),
    step.load(saved),
    step.run({}, { learningRate: 0.1 }),
    // Loaded as it was when that was asked for.
    Promise.resolve().then(() => saved.weights.w.data.fill(0)),
  ]);
  expect(first).toMatchObject({ loss: 9, step: 1 });
  expect(next).toMatchObject({ loss: 49, step: 41 });
  expect(await step.state()).toMatchObject({ step: 41 });
  await step.dispose();
});

test('states asked for between updates are those of that time, and copies', async () => {
  const step = createTrainingStep({
    weights: { w: vector(1) },
    loss: ({ w }) => ({ total: tf.sum(w as tf.Tensor) }),
  });
  const asked = [step.state()];
  for (let i = 0; i < 3; i++) {
    void step.run({}, { learningRate: 0.5 });
    asked.push(step.state());
  }
  const states = await Promise.all(asked);
  // The gradient is 1 throughout, so each update is the learning rate.
  for (const [i, { weights, step: done }] of states.entries()) {
    expect(done).toBe(i);
    expect(weights['w']?.data[0]).toBeCloseTo(1 - 0.5 * i, 4);
  }
  await step.dispose();
});

test('a new batch shape is captured, a bounded number of shapes is kept', async () => {
  const step = createTrainingStep({
    weights: { w: vector(1) },
    loss: ({ w }, { x }) => ({ total: tf.sum(tf.square(tf.sub(w as tf.Tensor, x as tf.Tensor))) }),
    maxCached: 2,
  });
  const run = (length: number) =>
    step.run({ x: vector(...Array<number>(length).fill(2)) }, { learningRate: 0.01 });
  for (const length of [1, 2, 1, 2]) await run(length);
  expect(step.stats).toMatchObject({ runs: 4, captures: 2 });
  // The third shape drives out the first, which is captured again.
  for (const length of [3, 2, 1]) await run(length);
  expect(step.stats).toMatchObject({ runs: 7, captures: 4 });
  expect(step.stats.runMilliseconds).toBeGreaterThan(step.stats.captureMilliseconds);
  await step.dispose();
});

test('updates asked for at once happen one after the other', async () => {
  const options = {
    weights: { w: vector(1, 2) },
    loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
  } satisfies Parameters<typeof createTrainingStep>[0];
  const [together, apart] = [createTrainingStep(options), createTrainingStep(options)];
  const results = await Promise.all([1, 2, 3].map(() => together.run({}, { learningRate: 0.1 })));
  expect(results.map(({ step }) => step)).toEqual([1, 2, 3]);
  for (let i = 0; i < 3; i++) await apart.run({}, { learningRate: 0.1 });
  expect(await together.state()).toEqual(await apart.state());
});

test('an update after dispose is refused; one that has begun is finished', async () => {
  const step = createTrainingStep({
    weights: { w: vector(1) },
    loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
  });
  const begun = step.run({}, { learningRate: 0.1 });
  await step.dispose();
  expect((await begun).step).toBe(1);
  await expect(step.run({}, { learningRate: 0.1 })).rejects.toMatchObject({ code: 'compile/disposed' });
});

test('refuses to train nothing, or what is not real', () => {
  const half = { weights: { w: vector(1) }, loss: () => ({ total: tf.scalar(1) }), microBatches: 0.5 };
  expect(() => createTrainingStep(half)).toThrow(/microBatches to be a whole number/);
  const loss: LossProgram = ({ w }) => ({ total: tf.sum(w as tf.Tensor) });
  const refused = expect.objectContaining({ code: 'compile/bad-weights' }) as Error;
  expect(() => createTrainingStep({ weights: {}, loss })).toThrow(refused);
  const whole = { shape: [1], dtype: 'int32', data: Int32Array.of(1) } as const;
  expect(() => createTrainingStep({ weights: { w: whole }, loss })).toThrow(
    /expected float32 for w, got int32/,
  );
});

test('200 steps hold no tensors, and no memory of their own', async () => {
  await tf.setBackend('cpu');
  const size = 2 ** 18;
  const step = createTrainingStep({
    weights: { w: { shape: [size], dtype: 'float32', data: new Float32Array(size).fill(0.5) } },
    loss: ({ w }, { x }) => ({ total: tf.mean(tf.square(tf.sub(w as tf.Tensor, x as tf.Tensor))) }),
  });
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) await step.run({ x: vector(i) }, { learningRate: 0.01 });
  };
  await run(20);
  const { numTensors, numDataBuffers } = tf.memory();
  const before = process.memoryUsage().rss;
  await run(200);
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  // A step's state is 3 MB: 200 of them would be 600.
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  await step.dispose();
});

describe('a state that is loaded', () => {
  const make = (z: number, worker = false) =>
    createTrainingStep({
      worker,
      weights: { w: vector(1, 2), z: vector(z) },
      loss: ({ w, z }) => ({ total: tf.sum(tf.square(tf.mul(w as tf.Tensor, z as tf.Tensor))) }),
      optimizer: { trainable: (name) => name === 'w' },
    });

  test.each([false, true])('brings its frozen weights (worker: %s)', async (worker) => {
    const [saved, other] = [make(3), make(7, worker)];
    await other.load(await saved.state());
    expect((await other.weights())['z']).toEqual(vector(3));
    // 9 (1 + 4)
    expect((await other.run({}, { learningRate: 0.1 })).loss).toBe(45);
    await saved.run({}, { learningRate: 0.1 });
    expect(await other.state()).toEqual(await saved.state());
    await Promise.all([saved.dispose(), other.dispose()]);
  });

  test('is refused where its data or its step are wrong, and the state before it stays', async () => {
    const step = make(3);
    await step.run({}, { learningRate: 0.1 });
    const good = await step.state();
    const short: HostTensor = { shape: [2], dtype: 'float32', data: new Float32Array(1) };
    const whole = { shape: [2], dtype: 'float32', data: new Int32Array(2) } as unknown as HostTensor;
    for (const wrong of [
      { ...good, weights: { ...good.weights, w: short } },
      { ...good, weights: { ...good.weights, w: whole } },
      { ...good, weights: { ...good.weights, z: vector(1, 2) } },
      { ...good, weights: { w: vector(1, 2) } },
      { ...good, secondMoment: { w: short } },
      { ...good, step: -1 },
      { ...good, step: 1.5 },
      { ...good, step: Number.NaN },
    ]) {
      await expect(step.load(wrong)).rejects.toMatchObject({ code: 'compile/bad-weights' });
      expect(await step.state()).toEqual(good);
    }
    await step.dispose();
  });
});

test('a learning rate that is not finite is refused before the update', async () => {
  const step = createTrainingStep({
    weights: { w: vector(1) },
    loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
  });
  // The last is no float32.
  for (const learningRate of [Number.NaN, Number.POSITIVE_INFINITY, -1e39])
    await expect(step.run({}, { learningRate })).rejects.toMatchObject({ code: 'compile/bad-input' });
  expect(await step.state()).toMatchObject({ weights: { w: vector(1) }, step: 0 });
  await step.dispose();
});
