import '@tensorflow/tfjs-backend-cpu';
import { spawnSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { captureNodes } from './capture.js';
import { createFunction } from './compiled-function.js';
import { ONNX_TYPES } from './onnx-graph.js';
import { ICD, isSwiftshaderAbsent, VULKAN } from './swiftshader.test-support.js';
import type { HostTensor, Program } from './tensors.js';
import { createTrainingStep } from './training-step.js';

const matrix = (rows: number, columns: number, seed: number): HostTensor & { readonly dtype: 'float32' } => ({
  shape: [rows, columns],
  dtype: 'float32',
  data: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + 1.7 * i)),
});

describe('mixed precision', () => {
  test('reaches products, sums of products and convolutions, in loops too; whole numbers stay whole', () => {
    const program: Program = (_, { image, filter, a, n }) => ({
      convolved: tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
      slope: tf.grad((w) => tf.sum(tf.conv2d(image as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')))(
        filter as tf.Tensor,
      ),
      summed: tf.einsum('ij,kj->ik', a as tf.Tensor, a as tf.Tensor),
      whole: tf.matMul(n as tf.Tensor2D, n as tf.Tensor2D),
    });
    const specs = {
      image: { shape: [1, 4, 4, 2], dtype: 'float32' },
      filter: { shape: [3, 3, 2, 2], dtype: 'float32' },
      a: { shape: [2, 3], dtype: 'float32' },
      n: { shape: [2, 2], dtype: 'int32' },
    } as const;
    const { graph } = captureNodes(specs, (all) => program({}, all), { precision: 'mixed' });
    const halves = new Set(
      graph.nodes
        .filter(({ operator, attributes }) => operator === 'Cast' && attributes['to'] === ONNX_TYPES.float16)
        .flatMap(({ outputs }) => outputs),
    );
    const isHalf = (wanted: string) =>
      graph.nodes
        .filter(({ operator }) => operator === wanted)
        .map(({ inputs }) => inputs.every((name) => halves.has(name)));
    expect(isHalf('Conv')).toEqual([true, true]);
    expect(isHalf('Einsum')).toEqual([true]);
    expect(isHalf('MatMul')).toEqual([false]);
  });

  test('a loss scale changes nothing but roundings, in micro-batches too', async () => {
    const trainedWith = async (options: object): Promise<readonly HostTensor[]> => {
      const step = createTrainingStep({
        weights: { w: matrix(4, 8, 3), v: matrix(8, 1, 4) },
        loss: ({ w, v }, { x, y }) => {
          const hidden = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
          const errors = tf.sub(tf.matMul(hidden as tf.Tensor2D, v as tf.Tensor2D), y as tf.Tensor);
          return { total: tf.mean(tf.square(errors)) };
        },
        optimizer: { clipNorm: 0.5 },
        ...options,
      });
      const losses: number[] = [];
      for (let i = 0; i < 5; i++)
        losses.push(
          (await step.run({ x: matrix(16, 4, 5), y: matrix(16, 1, 6) }, { learningRate: 0.05 })).loss,
        );
      expect(losses[4]).toBeLessThan(losses[0] as number);
      const weights = Object.values(await step.weights());
      await step.dispose();
      return weights;
    };
    for (const options of [{}, { microBatches: 2 }]) {
      const [plain, lifted] = [
        await trainedWith(options),
        await trainedWith({ ...options, lossScale: 1024 }),
      ];
      lifted.forEach(({ data }, i) =>
        data.forEach((value, at) => expect(value).toBeCloseTo(plain[i]?.data[at] as number, 5)),
      );
    }
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a loss scale of %d', (lossScale) => {
    const weights = { w: matrix(1, 1, 1) };
    const loss = () => ({ total: tf.scalar(0) });
    expect(() => createTrainingStep({ weights, loss, lossScale })).toThrow(/lossScale/);
  });

  test.each(['ort-cpu', 'tfjs-cpu'] as const)('is refused to %s', (backend) => {
    const program: Program = (_, { x }) => ({ y: tf.neg(x as tf.Tensor) });
    expect(() => createFunction(program, { backend, precision: 'mixed' })).toThrow(
      /GPU provider.*mixed precision/,
    );
  });

  test.skipIf(isSwiftshaderAbsent)(`a device without float16 is refused (needs ${ICD})`, () => {
    const module = JSON.stringify(new URL('compiled-function.ts', import.meta.url).pathname);
    const script = `
      import * as tf from '@tensorflow/tfjs-core';
      import { createFunction } from ${module};
      const f = createFunction((_, { x }) => ({ y: tf.matMul(x, x) }), { backend: 'ort-webgpu', precision: 'mixed' });
      const x = { shape: [1, 1], dtype: 'float32', data: Float32Array.of(1) };
      console.log(await f.run({ x }).then(() => 'ran', ({ code, message }) => code + ' ' + message));`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const cwd = new URL('.', import.meta.url);
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...VULKAN },
    });
    expect(stdout, stderr).toMatch(
      /^compile\/no-backend ort-webgpu: expected a device that computes in float16/m,
    );
  });
});
