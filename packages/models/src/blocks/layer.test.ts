import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Layer, type Recompute, runLayer, runPart } from './layer.js';

test.each([
  [runLayer, true],
  [runPart, 'activations'],
] as const)(
  '%o reads the weights below its names and its constants; it runs again for the gradient with recompute %s alone',
  (run, again) => {
    let runs = 0;
    const names: string[][] = [];
    const layer: Layer = (x, tensors) => {
      runs += 1;
      names.push(Object.keys(tensors).sort());
      return tf.mul(x, tf.add(tensors['layers.1.w'] as tf.Tensor, tensors['shift'] as tf.Tensor));
    };
    const runsWith = (recompute: Recompute): readonly [runs: number, gradients: number[]] => {
      runs = 0;
      const [x, w, other] = [tf.scalar(3), tf.scalar(2), tf.scalar(7)];
      const gradients = tf.grads((given, weight) => {
        const weights = { 'layers.1.w': weight, 'layers.10.w': other };
        const constants = { shift: tf.scalar(0.5) };
        return run(layer, { weights, names: ['layers.1'], constants }, given, { recompute });
      })([x, w]);
      return [runs, gradients.map((gradient) => gradient.dataSync()[0] as number)];
    };
    // d(x (w + c)): w + c by x, x by w.
    for (const recompute of [false, true, 'activations'] as const)
      expect(runsWith(recompute)).toEqual([recompute === again ? 2 : 1, [2.5, 3]]);
    expect(new Set(names.map(String))).toEqual(new Set(['layers.1.w,shift']));
  },
);
