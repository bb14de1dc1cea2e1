/** `try-tfjs-node.ts BACKEND`: ends with 0 where a product and its gradient come out right on the backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { TfjsNodeBackend } from '../src/tfjs-node-folder.js';
import { createFunction } from '../src/compiled-function.js';

const [backend] = process.argv.slice(2) as [TfjsNodeBackend];
const program = createFunction(
  (_weights, { x, y }) => {
    const product = (z: tf.Tensor): tf.Tensor => tf.matMul(z, y as tf.Tensor);
    return { product: product(x as tf.Tensor), gradient: tf.grad(product)(x as tf.Tensor) };
  },
  { backend },
);
const matrix = (...data: number[]) =>
  ({ shape: [2, 2], dtype: 'float32', data: Float32Array.from(data) }) as const;
const { product, gradient } = await program.run({ x: matrix(1, 2, 3, 4), y: matrix(5, 6, 7, 8) });
const got = `${product?.data.join()} and ${gradient?.data.join()}`;
// [1 2; 3 4] [5 6; 7 8], and for each row of x the sums of y's rows.
if (got !== '19,22,43,50 and 11,15,11,15')
  throw new Error(`expected 19,22,43,50 and 11,15,11,15, got ${got}`);
