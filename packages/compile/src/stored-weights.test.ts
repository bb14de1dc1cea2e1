import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import { readStoredTensors, writeSafetensors } from './safetensors.js';
import type { StoredWeight } from './store-weights.js';
import type { HostTensor, Program } from './tensors.js';
import { createTrainingStep } from './training-step.js';
import type { LossProgram } from './update-program.js';

let folder: string;
let tensors: Record<string, StoredWeight>;
const matrix: HostTensor = { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) };
const bias: HostTensor = { shape: [2], dtype: 'float32', data: Float32Array.of(0.5, -1) };
const program: Program = ({ matrix: m, bias: b, scale }, { x }) => ({
  y: tf.mul(
    tf.add(tf.matMul(x as tf.Tensor, m as tf.Tensor, false, true), b as tf.Tensor),
    scale as tf.Tensor,
  ),
});
const scale: HostTensor = { shape: [], dtype: 'float32', data: Float32Array.of(2) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-'));
  // A flag of one byte before it: the matrix is not aligned.
  const flag: HostTensor = { shape: [1], dtype: 'bool', data: Uint8Array.of(1) };
  await writeSafetensors(join(folder, 'a.safetensors'), { aflag: flag, matrix });
  await writeSafetensors(join(folder, 'b.safetensors'), { bias }, { dtype: 'F16' });
  tensors = Object.fromEntries(
    await Promise.all(
      [
        ['matrix', 'a.safetensors'],
        ['bias', 'b.safetensors'],
      ].map(async ([name = '', file = '']) => {
        const found = (await readStoredTensors(join(folder, file)))[name];
        if (found === undefined) throw new Error(`no ${name}`);
        return [name, { ...found, file }] as const;
      }),
    ),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('weights that stay in their files', () => {
  test.each([false, true] as const)(
    'are read there, from several files and types, with a worker: %s',
    async (worker) => {
      const run = createFunction(program, { weights: { scale }, stored: { folder, tensors }, worker });
      const x = (rows: number): HostTensor => ({
        shape: [rows, 3],
        dtype: 'float32',
        data: new Float32Array(3 * rows).fill(1),
      });
      // (1 + 2 + 3 + 0.5) 2 = 13, (4 + 5 + 6 - 1) 2 = 28
      expect([...((await run.run({ x: x(1) })).y?.data ?? [])]).toEqual([13, 28]);
      expect([...((await run.run({ x: x(2) })).y?.data ?? [])]).toEqual([13, 28, 13, 28]);
      expect(run.stats.captures).toBe(2);
      await run.dispose();
    },
  );

  test('are refused eagerly and outside of their folder', async () => {
    expect(() => createFunction(program, { stored: { folder, tensors }, backend: 'tfjs-cpu' })).toThrow(
      /weights in files/,
    );
    const outside = {
      ...tensors,
      matrix: { ...(tensors['matrix'] as StoredWeight), file: '../a.safetensors' },
    };
    const run = createFunction(program, { weights: { scale }, stored: { folder, tensors: outside } });
    await expect(
      run.run({ x: { shape: [1, 3], dtype: 'float32', data: new Float32Array(3) } }),
    ).rejects.toThrow(/below their folder/);
    await run.dispose();
  });

  test('are frozen in a training step: read where they are used, not in its state', async () => {
    const loss: LossProgram = ({ matrix: m, bias: b, scale: s }, { x }) => {
      const y = tf.add(tf.matMul(x as tf.Tensor, m as tf.Tensor, false, true), b as tf.Tensor);
      return { total: tf.sum(tf.mul(y, s as tf.Tensor)) };
    };
    const step = createTrainingStep({
      loss,
      weights: { scale },
      stored: { folder, tensors },
      optimizer: { beta1: 0 },
    });
    const x: HostTensor = { shape: [1, 3], dtype: 'float32', data: new Float32Array(3).fill(1) };
    const { loss: first } = await step.run({ x }, { learningRate: 0 });
    // (6.5 + 14) 2; its slope by the scale is 20.5
    expect(first).toBe(41);
    const { weights, firstMoment } = await step.state();
    await step.dispose();
    expect(Object.keys(weights)).toEqual(['scale']);
    expect([...(firstMoment['scale']?.data ?? [])]).toEqual([20.5]);
    expect(() => createTrainingStep({ loss, weights: { scale, bias }, stored: { folder, tensors } })).toThrow(
      /both for bias/,
    );
  });
});
