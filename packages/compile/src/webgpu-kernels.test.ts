import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mendAddN } from './webgpu-kernels.js';

tf.env().set('PROD', true);
/** Terms of each sum that was asked of the device. */
let sums: number[];

beforeEach(async () => {
  await tf.setBackend('cpu');
  sums = [];
  const { kernelFunc } = tf.getKernel(tf.AddN, 'cpu');
  tf.registerKernel({
    kernelName: tf.AddN,
    backendName: 'webgpu',
    kernelFunc: (call) => {
      sums.push(Object.keys(call.inputs).length);
      return kernelFunc(call);
    },
  });
});
afterEach(() => {
  tf.unregisterKernel(tf.AddN, 'webgpu');
});

test.each([
  [1, [1]],
  [2, [2]],
  [3, [3]],
  [4, [3, 2]],
  [7, [3, 3, 3]],
  [8, [3, 3, 3, 2]],
])('a sum of %i terms on a device with four buffers is right, and none has more', (count, expected) => {
  mendAddN(4);
  const terms = Array.from({ length: count }, (_, i) => tf.tensor1d([2 ** i, 1]));
  const data = tf.backend().numDataIds();
  const { kernelFunc } = tf.getKernel(tf.AddN, 'webgpu');
  const total = kernelFunc({
    inputs: terms as unknown as tf.NamedTensorInfoMap,
    backend: tf.backend(),
    attrs: {},
  }) as tf.TensorInfo;
  expect(tf.backend().readSync(total.dataId)).toEqual(Float32Array.of(2 ** count - 1, count));
  expect(sums).toEqual(expected);
  // The sums on the way are gone.
  tf.backend().disposeData(total.dataId);
  expect(tf.backend().numDataIds()).toBe(data);
  tf.dispose(terms);
});

test('is mended once', () => {
  mendAddN(4);
  const { kernelFunc } = tf.getKernel(tf.AddN, 'webgpu');
  mendAddN(4);
  expect(tf.getKernel(tf.AddN, 'webgpu').kernelFunc).toBe(kernelFunc);
});
