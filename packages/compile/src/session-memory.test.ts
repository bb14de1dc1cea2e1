import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { captureNodes, encoded } from './capture.js';
import { computedIf } from './computed-if.js';
import { anonymousBytes } from './memory.test-support.js';
import { createSession } from './session.js';
import { sessionMemory } from './session-memory.js';

const square = (side: number) => ({ shape: [side, side], dtype: 'float32' }) as const;

/** x (x + 1) (x + 1) ... */
const chain = (length: number) => (x: tf.Tensor) => {
  let y = x;
  for (let i = 0; i < length; i++) y = i % 2 === 0 ? tf.mul(y, x) : tf.add(y, x);
  return y;
};
const capture = (program: (x: tf.Tensor) => tf.Tensor, side = 4) =>
  captureNodes({ x: square(side) }, ({ x }) => ({ y: program(x as tf.Tensor) }), { runtime: 'ort-cpu' });

function planned(program: (x: tf.Tensor) => tf.Tensor, side?: number): number {
  const { graph, outputs } = capture(program, side);
  return sessionMemory(graph, Object.values(outputs)).bytes;
}

describe('what a session holds for a graph', () => {
  test('grows with the nodes, those of branches among them, and not with the values', () => {
    const [short, long] = [planned(chain(100)), planned(chain(200))];
    expect(long - short).toBeGreaterThan(100 * 3700);
    expect(long - short).toBeLessThan(100 * 4500);
    expect(planned(chain(100), 4000)).toBeLessThan(1.01 * short);
    const branched = planned((x) => {
      const [y] = computedIf(tf.less(tf.sum(x), 1), () => [chain(200)(x)], [x]);
      return y as tf.Tensor;
    });
    expect(branched / long).toBeCloseTo(1, 1);
  });

  test('counts constants, and what depends on constants alone', () => {
    const { graph, outputs } = capture((x) => {
      // Captured as a scalar that is expanded.
      const zeros = tf.zerosLike(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D));
      return tf.add(tf.mul(zeros, 2), x);
    }, 500);
    const { bytes, folded } = sessionMemory(graph, Object.values(outputs));
    const large = 4 * 500 * 500;
    expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Expand', 'Mul', 'Add']);
    expect(folded.size).toBe(2);
    expect(bytes).toBeGreaterThan(2 * large);
    expect(bytes).toBeLessThan(2.1 * large);
  });

  test.skipIf(process.platform !== 'linux')('is what a process grows by, to a third', async () => {
    const open = async (length: number) => {
      const { graph, outputs } = capture(chain(length));
      const { model } = encoded({ graph, outputs, inputs: [] }, 'chain');
      const before = await anonymousBytes();
      const session = await createSession({ model }, {});
      const grown = (await anonymousBytes()) - before;
      await session.release();
      return { grown, bytes: sessionMemory(graph, Object.values(outputs)).bytes };
    };
    // The first loads onnxruntime.
    await open(10);
    const { grown, bytes } = await open(12_000);
    expect(bytes / grown).toBeGreaterThan(2 / 3);
    expect(bytes / grown).toBeLessThan(3 / 2);
  });
});
