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
tf.env().set('PROD', true);
const double = createFunction((_weights, { x }) => ({ y: tf.mul(x as tf.Tensor, 2) }));
for (const value of [1, 2]) {
  const { y } = await double.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(value) } });
  console.log('y:', y?.data.join());
}
await double.dispose();
