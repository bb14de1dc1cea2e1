import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Layer, runLayer } from './layer.js';

test('a layer reads the weights below its name and its constants; only a recomputed one runs again for the gradient', () => {
  let runs = 0;
  const names: string[][] = [];
  const layer: Layer = (x, tensors) => {
    runs += 1;
    names.push(Object.keys(tensors).sort());
    return tf.mul(x, tf.add(tensors['layers.1.w'] as tf.Tensor, tensors['shift'] as tf.Tensor));
  };
  const runsWith = (recompute: boolean): readonly [runs: number, gradients: number[]] => {
    runs = 0;
    const [x, w, other] = [tf.scalar(3), tf.scalar(2), tf.scalar(7)];
    const gradients = tf.grads((given, weight) => {
      const weights = { 'layers.1.w': weight, 'layers.10.w': other };
      const constants = { shift: tf.scalar(0.5) };
      return runLayer(layer, { weights, name: 'layers.1', constants }, given, { recompute });
    })([x, w]);
    return [runs, gradients.map((gradient) => gradient.dataSync()[0] as number)];
  };
  // d(x (w + c)): w + c by x, x by w.
  expect(runsWith(false)).toEqual([1, [2.5, 3]]);
  expect(runsWith(true)).toEqual([2, [2.5, 3]]);
  expect(new Set(names.map(String))).toEqual(new Set(['layers.1.w,shift']));
});
