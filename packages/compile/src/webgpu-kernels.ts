import * as tf from '@tensorflow/tfjs-core';

const mended = new WeakSet<tf.KernelFunc>();

/**
 * Mends tfjs's AddN on WebGPU, which binds a buffer for each of its tensors, however many a shader may have:
 * with more, the device refuses the shader, and the sum is what was in memory before.
 *
 * @param maxBuffers - storage buffers that a shader may have, the result's included
 */
export function mendAddN(maxBuffers: number): void {
  const { kernelFunc: addN } = tf.getKernel(tf.AddN, 'webgpu');
  if (mended.has(addN)) return;
  const maxTerms = maxBuffers - 1;
  const kernelFunc: tf.KernelFunc = ({ inputs, ...rest }) => {
    const backend = tf.backend();
    const terms = Object.values(inputs as Readonly<Record<string, tf.TensorInfo>>);
    const sum = (some: readonly tf.TensorInfo[]) =>
      addN({ ...rest, inputs: some as unknown as tf.NamedTensorInfoMap }) as tf.TensorInfo;
    let total = sum(terms.slice(0, maxTerms));
    for (let next = maxTerms; next < terms.length; next += maxTerms - 1) {
      const before = total;
      total = sum([before, ...terms.slice(next, next + maxTerms - 1)]);
      backend.disposeData(before.dataId);
    }
    return total;
  };
  mended.add(kernelFunc);
  tf.unregisterKernel(tf.AddN, 'webgpu');
  tf.registerKernel({ kernelName: tf.AddN, backendName: 'webgpu', kernelFunc });
}
