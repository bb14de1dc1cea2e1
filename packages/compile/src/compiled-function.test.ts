import { runInNewContext } from 'node:vm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import type { HostTensor, Program } from './tensors.js';

tf.env().set('PROD', true);

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});
const double: Program = (_weights, { x }) => ({ y: tf.add(x as tf.Tensor, x as tf.Tensor) });
const scaled: Program = ({ w }, { x }) => ({ y: tf.mul(x as tf.Tensor, w as tf.Tensor) });

describe('createFunction', () => {
  test('captures again for a new shape or element type, and only then', async () => {
    const f = createFunction(double);
    expect((await f.run({ x: vector(1, 2) }))['y']).toEqual(vector(2, 4));
    await f.run({ x: vector(3, 4) });
    expect(f.stats).toMatchObject({ runs: 2, captures: 1 });
    expect((await f.run({ x: vector(1, 2, 3) }))['y']).toEqual(vector(2, 4, 6));
    const whole = await f.run({ x: { shape: [2], dtype: 'int32', data: Int32Array.of(1, 2) } });
    expect(whole['y']).toEqual({ shape: [2], dtype: 'int32', data: Int32Array.of(2, 4) });
    expect(f.stats).toMatchObject({ runs: 4, captures: 3 });
    expect(f.stats.captureMilliseconds).toBeGreaterThan(0);
    expect(f.stats.runMilliseconds).toBeGreaterThanOrEqual(f.stats.captureMilliseconds);
    await f.dispose();
  });

  test('keeps as many graphs as asked for, those used last', async () => {
    const f = createFunction(double, { maxCached: 2 });
    await f.run({ x: vector(1) });
    await f.run({ x: vector(1, 2) });
    await f.run({ x: vector(1) });
    await f.run({ x: vector(1, 2, 3) });
    expect(f.stats.captures).toBe(3);
    await f.run({ x: vector(1) });
    expect(f.stats.captures).toBe(3);
    await f.run({ x: vector(1, 2) });
    expect(f.stats.captures).toBe(4);
    await f.dispose();
  });

  test('runs at the same time share one capture, and survive eviction and dispose', async () => {
    const f = createFunction(double, { maxCached: 1 });
    const runs = [vector(1), vector(1), vector(1, 2), vector(1, 2, 3)].map((x) => f.run({ x }));
    const results = await Promise.all(runs);
    expect(results.map(({ y }) => y)).toEqual([vector(2), vector(2), vector(2, 4), vector(2, 4, 6)]);
    expect(f.stats.captures).toBe(3);
    const last = f.run({ x: vector(5) });
    await f.dispose();
    expect((await last)['y']).toEqual(vector(10));
  });

  test('results are the caller’s: later runs do not write into them', async () => {
    const f = createFunction(double);
    const first = await f.run({ x: vector(1, 2) });
    await f.run({ x: vector(8, 9) });
    expect(first['y']).toEqual(vector(2, 4));
    await f.dispose();
  });

  test('a program may return an input, a constant, and one tensor twice', async () => {
    const f = createFunction((_weights, { x }) => {
      const y = tf.neg(x as tf.Tensor);
      return { x: x as tf.Tensor, one: tf.scalar(1), y, again: y };
    });
    expect(await f.run({ x: vector(3) })).toEqual({
      x: vector(3),
      one: { shape: [], dtype: 'float32', data: Float32Array.of(1) },
      y: vector(-3),
      again: vector(-3),
    });
    await f.dispose();
  });

  test('weights are swapped without a capture; others are refused', async () => {
    const f = createFunction(scaled, { weights: { w: vector(10) }, name: 'scale' });
    expect((await f.run({ x: vector(1, 2) }))['y']).toEqual(vector(10, 20));
    f.setWeights({ w: vector(3) });
    expect((await f.run({ x: vector(1, 2) }))['y']).toEqual(vector(3, 6));
    expect(f.stats.captures).toBe(1);
    for (const wrong of [{ w: vector(1, 2) }, { v: vector(1) }, {}]) {
      expect(() => f.setWeights(wrong)).toThrow(
        expect.objectContaining({ code: 'compile/bad-weights' }) as Error,
      );
    }
    expect((await f.run({ x: vector(1, 2) }))['y']).toEqual(vector(3, 6));
    await f.dispose();
  });

  test.each([false, true])(
    'weights may be constants, each set with a capture of its own (worker: %s)',
    async (worker) => {
      const f = createFunction(scaled, { weights: { w: vector(2, 3) }, weightsAs: 'constants', worker });
      expect((await f.run({ x: vector(5, 7) }))['y']).toEqual(vector(10, 21));
      expect((await f.run({ x: vector(1, 1) }))['y']).toEqual(vector(2, 3));
      expect(f.stats.captures).toBe(1);
      const before = f.run({ x: vector(1, 1) });
      f.setWeights({ w: vector(4, 6) });
      expect((await f.run({ x: vector(5, 7) }))['y']).toEqual(vector(20, 42));
      expect((await before)['y']).toEqual(vector(2, 3));
      expect(f.stats).toMatchObject({ runs: 4, captures: 2 });
      await f.dispose();
    },
  );

  test.each([false, true])(
    'constants are those of the call: what is written later changes no shape’s (worker: %s)',
    async (worker) => {
      const w = vector(2);
      const f = createFunction(scaled, { weights: { w }, weightsAs: 'constants', worker });
      const first = f.run({ x: vector(1) });
      w.data[0] = 10;
      expect((await first)['y']).toEqual(vector(2));
      expect((await f.run({ x: vector(1, 1) }))['y']).toEqual(vector(2, 2));
      await f.dispose();
    },
  );

  test('a run reads the weights that were there when it was asked for', async () => {
    const f = createFunction(scaled, { weights: { w: vector(10) } });
    const runs = [f.run({ x: vector(1) })];
    f.setWeights({ w: vector(3) });
    runs.push(f.run({ x: vector(1) }), f.run({ x: vector(1, 1) }));
    f.setWeights({ w: vector(0) });
    expect((await Promise.all(runs)).map(({ y }) => y?.data[0])).toEqual([10, 3, 3]);
    await f.dispose();
  });

  test('inputs in shared memory and Buffers are taken', async () => {
    const f = createFunction(
      ({ mask }, { x }) => ({
        y: tf.mul(x as tf.Tensor, tf.cast(mask as tf.Tensor, 'float32')),
      }),
      { weights: { mask: { shape: [2], dtype: 'bool', data: Buffer.from([0, 1]) } } },
    );
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([5, 6]);
    expect((await f.run({ x: { shape: [2], dtype: 'float32', data: shared } }))['y']).toEqual(vector(0, 6));
    await f.dispose();
  });

  test('data that does not fill its shape is refused, each tensor named', async () => {
    const wrong: HostTensor = { shape: [2, 2], dtype: 'float32', data: Float32Array.of(1, 2, 3) };
    expect(() => createFunction(scaled, { weights: { w: wrong, v: wrong } })).toThrow(
      /w \[2, 2\] with 3 elements; v/,
    );
    const g = createFunction(scaled, { weights: { w: vector(1) } });
    expect(() => g.setWeights({ w: { ...vector(1), data: new Float32Array(2) } as HostTensor })).toThrow(
      /w \[1\] with 2 elements/,
    );
    const f = createFunction(double, { name: 'double' });
    await expect(f.run({ x: wrong })).rejects.toMatchObject({
      code: 'compile/bad-input',
      message: expect.stringContaining('double: inputs') as string,
    });
    await f.dispose();
  });

  test('data in an array of another element type are refused', async () => {
    const f = createFunction(double, { name: 'double' });
    for (const data of [Int32Array.of(1, 2), Float64Array.of(1, 2), Uint8Array.of(1, 2), [1, 2]]) {
      const x = { shape: [2], dtype: 'float32', data } as unknown as HostTensor;
      await expect(f.run({ x })).rejects.toMatchObject({
        code: 'compile/bad-input',
        message: expect.stringMatching(
          /x \[2\] float32 in (Int32|Float64|Uint8)Array|no typed array/,
        ) as string,
      });
    }
    const whole = { ...vector(1, 2), dtype: 'int32' } as unknown as HostTensor;
    await expect(f.run({ x: whole })).rejects.toThrow(/x \[2\] int32 in Float32Array/);
    // Of another realm.
    const foreign = runInNewContext('Float32Array.of(1, 2)') as Float32Array;
    expect((await f.run({ x: { shape: [2], dtype: 'float32', data: foreign } }))['y']).toEqual(vector(2, 4));
    await f.dispose();
  });

  test('a program that fails to be captured fails each run, and other shapes still work', async () => {
    const f = createFunction((_weights, { x }) => {
      if (x?.shape[0] === 1) throw new Error('one row is not enough');
      return { y: tf.neg(x as tf.Tensor) };
    });
    await expect(f.run({ x: vector(1) })).rejects.toThrow('one row is not enough');
    await expect(f.run({ x: vector(1) })).rejects.toThrow('one row is not enough');
    expect((await f.run({ x: vector(1, 2) }))['y']).toEqual(vector(-1, -2));
    await f.dispose();
  });

  test('a run after dispose is refused', async () => {
    const f = createFunction(double, { name: 'double' });
    await f.run({ x: vector(1) });
    await f.dispose();
    await expect(f.run({ x: vector(1) })).rejects.toMatchObject({ code: 'compile/disposed' });
  });

  test.each(['ort-cpu', 'tfjs-cpu', 'tfjs-wasm'] as const)('holds no tensors on %s', async (backend) => {
    await tf.setBackend('cpu');
    const f = createFunction(scaled, { backend, weights: { w: vector(2) } });
    await f.run({ x: vector(1, 2) });
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 20; i++) await f.run({ x: vector(1, 2) });
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    await f.dispose();
  });
});

describe('eager backends', () => {
  const attention: Program = ({ queries, keys }, { x }) => {
    const rows = tf.reshape(x as tf.Tensor, [3, 4]);
    const q = tf.matMul(rows, queries as tf.Tensor);
    const k = tf.matMul(rows, keys as tf.Tensor);
    const scores = tf.softmax(tf.matMul(q, k, false, true));
    return { mixed: tf.matMul(scores, rows), best: tf.argMax(scores, -1), large: tf.greater(scores, 0.3) };
  };
  const matrix = (seed: number): HostTensor => ({
    shape: [4, 4],
    dtype: 'float32',
    data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(seed + i)),
  });
  const weights = { queries: matrix(1), keys: matrix(2) };
  const x = vector(...Array.from({ length: 12 }, (_, i) => Math.cos(i)));

  test.each(['tfjs-cpu', 'tfjs-wasm'] as const)(
    '%s gives what the captured program gives',
    async (backend) => {
      const captured = createFunction(attention, { weights });
      const eager = createFunction(attention, { weights, backend });
      const [expected, actual] = [await captured.run({ x }), await eager.run({ x })];
      for (const name of ['best', 'large']) expect(actual[name]).toEqual(expected[name]);
      const mixed = Array.from(expected['mixed']?.data ?? []);
      expect(mixed).toHaveLength(12);
      Array.from(actual['mixed']?.data ?? []).forEach((value, i) => {
        expect(value).toBeCloseTo(mixed[i] as number, 5);
      });
      await captured.dispose();
    },
  );

  test('captures nothing and may read values', async () => {
    const sign = createFunction(
      (_weights, { x: tensor }) => ({
        y: tf.scalar((tf.sum(tensor as tf.Tensor).dataSync()[0] as number) > 0 ? 1 : -1),
      }),
      { backend: 'tfjs-cpu' },
    );
    expect((await sign.run({ x: vector(1, -3) }))['y']?.data[0]).toBe(-1);
    expect(sign.stats).toMatchObject({ runs: 1, captures: 0, captureMilliseconds: 0 });
  });

  test('results are the caller’s: no memory of inputs, of weights or of each other', async () => {
    const f = createFunction(
      ({ w }, { x: given }) => {
        const sum = tf.add(given as tf.Tensor, w as tf.Tensor);
        return { w: w as tf.Tensor, x: tf.reshape(given as tf.Tensor, [2, 1]), sum, again: tf.clone(sum) };
      },
      { backend: 'tfjs-cpu', weights: { w: vector(1, 2) } },
    );
    const given = vector(3, 4);
    const first = await f.run({ x: given });
    for (const name of ['w', 'x', 'sum']) first[name]?.data.fill(9);
    expect(given).toEqual(vector(3, 4));
    expect(first['again']).toEqual(vector(4, 6));
    expect(await f.run({ x: given })).toMatchObject({ w: vector(1, 2), sum: vector(4, 6) });
  });

  test('leaves tfjs on the backend that it was on', async () => {
    await createFunction(double, { backend: 'tfjs-wasm' }).run({ x: vector(1) });
    await tf.setBackend('cpu');
    const runs = (['tfjs-wasm', 'tfjs-cpu', 'tfjs-wasm'] as const).map((backend) => {
      const f = createFunction(
        (_w, { x: tensor }) => ({ y: tf.mul(tensor as tf.Tensor, tf.getBackend() === 'wasm' ? 2 : 3) }),
        {
          backend,
        },
      );
      return f.run({ x: vector(1) });
    });
    expect((await Promise.all(runs)).map(({ y }) => y?.data[0])).toEqual([2, 3, 2]);
    expect(tf.getBackend()).toBe('cpu');
    const failing = createFunction(
      () => {
        throw new Error('mine');
      },
      { backend: 'tfjs-wasm' },
    );
    await expect(failing.run({})).rejects.toThrow('mine');
    expect(tf.getBackend()).toBe('cpu');
  });
});
