import * as tf from '@tensorflow/tfjs-core';

/**
 * The kernel that tfjs's wasm backend lacks and training needs: the gradient of a gather is a sum of rows by
 * index. Computed on the host, from wasm's own memory.
 */
export function registerWasmKernels(): void {
  if (tf.getKernel(tf.UnsortedSegmentSum, 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: 'wasm',
    kernelFunc({ inputs, attrs }) {
      const { x, segmentIds } = inputs as { readonly x: tf.TensorInfo; readonly segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as { readonly numSegments: number };
      const backend = tf.backend();
      const values = backend.readSync(x.dataId) as Float32Array | Int32Array;
      const indices = backend.readSync(segmentIds.dataId) as Int32Array;
      const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
      const width = tf.util.sizeFromShape(shape.slice(1));
      const length = numSegments * width;
      const sums = x.dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
      indices.forEach((segment, row) => {
        // As in TensorFlow, a row of no segment is left out.
        if (segment < 0 || segment >= numSegments) return;
        for (let i = 0; i < width; i++) sums[segment * width + i]! += values[row * width + i] as number;
      });
      return { dataId: backend.write(sums, shape, x.dtype), shape, dtype: x.dtype };
    },
  });
}
