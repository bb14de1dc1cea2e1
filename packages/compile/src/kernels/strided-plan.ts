import * as tf from '@tensorflow/tfjs-core';
import type { KernelAttributes } from '../kernel.js';

/** What tfjs works out of a StridedSlice's attributes: places taken along each axis of x, and the result's shapes. */
export function stridedPlan(shape: readonly number[], attributes: KernelAttributes) {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
    attributes as {
      begin: number[];
      end: number[];
      strides: number[];
      beginMask: number;
      endMask: number;
      ellipsisMask: number;
      newAxisMask: number;
      shrinkAxisMask: number;
    };
  return tf.slice_util.sliceInfo(
    [...shape],
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
}
