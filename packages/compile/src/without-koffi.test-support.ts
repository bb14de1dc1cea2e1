/** A program on a machine that koffi has no binary for: prints its result. */
import Module from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

type Resolve = (request: string, ...rest: unknown[]) => string;
const resolver = Module as unknown as { _resolveFilename: Resolve };
const resolve = resolver._resolveFilename;
resolver._resolveFilename = (request, ...rest) => {
  if (request === 'koffi') throw new Error('Cannot find the native Koffi module');
  return resolve(request, ...rest);
};

const { createFunction } = await import('./compiled-function.js');
const { createTrainingStep } = await import('./training-step.js');
tf.env().set('PROD', true);
const double = createFunction((_weights, { x }) => ({ y: tf.mul(x as tf.Tensor, 2) }));
for (const value of [1, 2]) {
  const { y } = await double.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(value) } });
  console.log('y:', y?.data.join());
}
await double.dispose();
const { quantizeMatrix } = await import('./quantized-matrix.js');
const matrices = {
  w: quantizeMatrix({ shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 127, 4, 5, -127) }),
};
for (const form of ['shared', 'packed'] as const) {
  const product = createFunction(
    ({ w }, { x }) => ({ y: tf.matMul(x as tf.Tensor, w as tf.Tensor, false, true) }),
    { quantized: { matrices, form } },
  );
  const x = { shape: [1, 3], dtype: 'float32', data: Float32Array.of(127, 0, 1) } as const;
  console.log(`${form}:`, (await product.run({ x })).y?.data.join());
  await product.dispose();
}
const step = createTrainingStep({
  weights: { w: { shape: [1], dtype: 'float32', data: Float32Array.of(3) } },
  loss: ({ w }) => ({ total: tf.sum(tf.square(w as tf.Tensor)) }),
});
for (let i = 0; i < 2; i++) await step.run({}, { learningRate: 0.5 });
console.log('w:', (await step.weights())['w']?.data[0]?.toFixed(4));
await step.dispose();
