import '../test-support.js';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxDifference } from '../test-support.js';
import { axialAngles, gridPairs, rotaryAngles, sectionPairs } from './rotary.js';

describe('axialAngles', () => {
  it('turns each section of pairs by its own axis', () => {
    // d = 8: frequencies 100^(-2i/8) for i < 4, sections of 1, 2 and 1 pairs.
    const positions = tf.tensor3d([[[3, 5, 7]]], undefined, 'int32');
    const { cos, sin } = axialAngles(positions, sectionPairs([1, 2, 1], 8, 100));
    const angles = [3, 5 * 100 ** -0.25, 5 * 100 ** -0.5, 7 * 100 ** -0.75];
    const twice = [...angles, ...angles];
    expect(cos.shape).toEqual([1, 1, 1, 8]);
    expect(maxDifference(cos.dataSync(), twice.map(Math.cos))).toBeLessThan(1e-6);
    expect(maxDifference(sin.dataSync(), twice.map(Math.sin))).toBeLessThan(1e-6);
  });

  it('of text is the one axis of LLaMA', () => {
    const line = tf.tensor2d([[0, 1, 40]], undefined, 'int32');
    const alike = tf.stack([line, line, line], 2);
    const found = axialAngles(alike, sectionPairs([2, 3, 3], 16, 1e6));
    const wanted = rotaryAngles(line, 16, 1e6);
    expect(maxDifference(found.cos.dataSync(), wanted.cos.dataSync())).toBeLessThan(1e-6);
    expect(maxDifference(found.sin.dataSync(), wanted.sin.dataSync())).toBeLessThan(1e-6);
  });

  it('of a grid has half of the pairs for rows, half for columns', () => {
    const { sin } = axialAngles(tf.tensor3d([[[2, 3]]], undefined, 'int32'), gridPairs(8, 10000));
    const angles = [2, 2 * 10000 ** -0.5, 3, 3 * 10000 ** -0.5];
    expect(maxDifference(sin.dataSync(), [...angles, ...angles].map(Math.sin))).toBeLessThan(1e-6);
  });
});
