import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFunction } from './compiled-function.js';
import { exportDynamicGraph } from './export-dynamic-graph.js';
import { readSafetensors, readStoredTensors, writeSafetensors } from './safetensors.js';
import type { HostTensor, Program } from './tensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-dynamic-'));
});
afterAll(() => rm(folder, { recursive: true }));

const float = (shape: readonly number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + i)),
});

/**
 * Attention of new rows over old and new ones, of heads that are cut from a product: reshapes, a
 * slice, tiles, a running sum.
 */
const program: Program = ({ w }, { x, past, ids }) => {
  const [batch, length, width] = x!.shape as [number, number, number];
  const before = past!.shape[1] as number;
  const rows = tf.reshape(tf.matMul(tf.reshape(x!, [-1, width]), w as tf.Tensor2D), [batch, length, width]);
  const all = tf.concat([past!, rows], 1);
  const places = tf.cumsum(tf.onesLike(tf.slice(all, [0, 0, 0], [batch, before + length, 1])), 1);
  const own = tf.slice(places, [0, before, 0], [batch, length, 1]);
  const seen = tf.lessEqual(tf.reshape(places, [batch, 1, before + length]), own);
  const scores = tf.where(
    seen,
    tf.matMul(rows, all, false, true),
    tf.fill([batch, length, before + length], -1e9),
  );
  return {
    y: tf.matMul(tf.softmax(scores), all),
    flat: tf.reshape(tf.mul(ids!, 2), [-1]),
    all,
  };
};
const inputs = {
  x: { shape: ['batch', 'new', 4], dtype: 'float32' },
  past: { shape: ['batch', 'old', 4], dtype: 'float32' },
  ids: { shape: ['batch', 'old + new'], dtype: 'int64' },
} as const;

describe('exportDynamicGraph', () => {
  it('gives what the program gives, at all lengths', async () => {
    const file = join(folder, 'w.safetensors');
    await writeSafetensors(file, { w: float([4, 4]) }, { dtype: 'F16' });
    const path = join(folder, 'attention.onnx');
    const stored = await readStoredTensors(file);
    const weights = Object.fromEntries(
      Object.entries(stored).map(([key, tensor]) => [key, { ...tensor, file: 'w.safetensors' }]),
    );
    await exportDynamicGraph(path, program, { inputs, weights });
    const session = await InferenceSession.create(path);
    expect(session.inputNames).toEqual(['x', 'past', 'ids']);
    expect(session.outputNames).toEqual(['y', 'flat', 'all']);
    expect(session.outputMetadata[2]).toMatchObject({ shape: ['batch', 'new + old', 4] });
    const direct = createFunction(program, { weights: (await readSafetensors(file)).weights });
    for (const [batch, length, before] of [
      [1, 3, 2],
      [2, 1, 6],
      [3, 5, 0],
      [1, 1, 1],
    ] as const) {
      const [x, past] = [float([batch, length, 4]), float([batch, before, 4])];
      const numbers = Array.from({ length: batch * (length + before) }, (_, i) => i);
      const shape = [batch, length + before];
      const found = await session.run({
        x: new Tensor('float32', x.data as Float32Array, x.shape),
        past: new Tensor('float32', past.data as Float32Array, past.shape),
        ids: new Tensor('int64', BigInt64Array.from(numbers, BigInt), shape),
      });
      const ids = { shape, dtype: 'int32', data: Int32Array.from(numbers) } as const;
      const wanted = await direct.run({ x, past, ids });
      for (const [name, { shape: of, data }] of Object.entries(wanted)) {
        expect([...(found[name]?.dims ?? [])], name).toEqual([...of]);
        const values = found[name]?.data as Float32Array;
        expect(values).toHaveLength(data.length);
        for (const [i, value] of data.entries()) expect(values[i]).toBeCloseTo(value, 5);
      }
    }
    await Promise.all([session.release(), direct.dispose()]);
  });

  it('takes names of inputs and results that graphs give to values too', async () => {
    const path = join(folder, 'names.onnx');
    const named: Program = (_, { c0, t3 }) => {
      const t0 = tf.mul(tf.reshape(c0!, [-1]), 10);
      return { t0, t1: tf.add(t0, t3!), t2: tf.neg(t0), c1: tf.abs(t3!) };
    };
    await exportDynamicGraph(path, named, {
      inputs: { c0: { shape: ['n', 2], dtype: 'float32' }, t3: { shape: [], dtype: 'float32' } },
    });
    const session = await InferenceSession.create(path);
    expect([...session.inputNames, ...session.outputNames]).toEqual(['c0', 't3', 't0', 't1', 't2', 'c1']);
    const { t1, t2 } = await session.run({
      c0: new Tensor('float32', [1, 2], [1, 2]),
      t3: new Tensor('float32', [3], []),
    });
    expect([t1, t2].map((tensor) => [...(tensor?.data as Float32Array)])).toEqual([
      [13, 23],
      [-10, -20],
    ]);
    await session.release();
  });

  it('refuses what else depends on a length', async () => {
    const write = (each: Program, given: object = { x: { shape: ['n', 2], dtype: 'float32' } }) =>
      exportDynamicGraph(join(folder, 'none.onnx'), each, { inputs: given as never });
    const code = 'compile/not-captured';
    await expect(write((_, { x }) => ({ y: tf.mul(x!, 1 / x!.shape[0]) }))).rejects.toMatchObject({ code });
    await expect(write((_, { x }) => ({ y: x!.shape[0] > 102 ? tf.abs(x!) : tf.neg(x!) }))).rejects.toThrow(
      /another operation/,
    );
    await expect(
      write((_, { x }) => ({ y: x!.shape[0] > 102 ? tf.abs(tf.abs(x!)) : tf.abs(x!) })),
    ).rejects.toMatchObject({ code });
    // Quadratic in a length: equal to a line at two of them.
    await expect(
      write((_, { x }) => ({ y: tf.tile(tf.sum(x!, 0, true), [x!.shape[0] ** 2, 1]) })),
    ).rejects.toThrow(/a constant that changes/);
    await expect(
      write((_, { x }) => ({ y: x! }), { x: { shape: ['a + b'], dtype: 'float32' } }),
    ).rejects.toMatchObject({ code: 'compile/bad-input' });
    await expect(write((_, { x }) => ({ x: tf.abs(x!) }))).rejects.toThrow(/another name than x/);
    await expect(write((_, { x }) => ({ 'input/x': tf.abs(x!) }))).rejects.toThrow(
      /another name than input\/x, which the graph uses/,
    );
  });
});
