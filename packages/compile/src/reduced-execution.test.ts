import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { createCommunicators } from './communicator.test-support.js';
import type { HostTensor, Tensors } from './tensors.js';
import { createTrainingStep, type TrainingStep, type TrainingStepOptions } from './training-step.js';
import type { LossProgram } from './update-program.js';

const ROWS = 8;
const FEATURES = 3;

function batchOf(seed: number): Tensors {
  const values = (count: number, of: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(of + seed + 1.7 * i));
  return {
    x: { shape: [ROWS, FEATURES], dtype: 'float32', data: values(ROWS * FEATURES, 1) },
    y: { shape: [ROWS], dtype: 'float32', data: values(ROWS, 2) },
    scale: { shape: [], dtype: 'float32', data: Float32Array.of(1.5) },
  };
}

/** The rows of one of several members; scalars are everyone's. */
function shareOf(batch: Tensors, rank: number, size: number): Tensors {
  const share = ([name, tensor]: [string, HostTensor]): [string, HostTensor] => {
    const [rows, ...rest] = tensor.shape;
    if (rows === undefined || tensor.dtype !== 'float32') return [name, tensor];
    const length = tensor.data.length / size;
    const data = tensor.data.slice(rank * length, (rank + 1) * length);
    return [name, { shape: [rows / size, ...rest], dtype: 'float32', data }];
  };
  return Object.fromEntries(Object.entries(batch).map(share));
}

/** A layer of tanh and a line over it, squared error; one weight is frozen. */
const loss: LossProgram = ({ inner, outer, frozen }, { x, y, scale }) => {
  const hidden = tf.tanh(tf.matMul(x as tf.Tensor2D, inner as tf.Tensor2D));
  const said = tf.squeeze(tf.matMul(hidden, outer as tf.Tensor2D), [1]);
  const errors = tf.sub(tf.mul(said, scale as tf.Tensor), tf.add(y as tf.Tensor, frozen as tf.Tensor));
  return { total: tf.mean(tf.square(errors)), error: tf.mean(tf.abs(errors)) };
};

const options: TrainingStepOptions = {
  loss,
  weights: {
    inner: {
      shape: [FEATURES, 4],
      dtype: 'float32',
      data: Float32Array.from({ length: FEATURES * 4 }, (_, i) => Math.cos(i)),
    },
    outer: { shape: [4, 1], dtype: 'float32', data: Float32Array.of(0.3, -0.2, 0.5, 0.1) },
    frozen: { shape: [1], dtype: 'float32', data: Float32Array.of(0.25) },
  },
  optimizer: { clipNorm: 0.5, weightDecay: 0.01, trainable: (name) => name !== 'frozen' },
};

const UPDATES = 4;
const rate = { learningRate: 0.05 };

describe.each(['ort-cpu', 'tfjs-cpu'] as const)('members that train together on %s', (backend) => {
  function together(size: number, more: Partial<TrainingStepOptions> = {}): TrainingStep[] {
    return createCommunicators(size).map((communicator) =>
      createTrainingStep({ ...options, backend, communicator, ...more }),
    );
  }

  test('two do what one does that takes the batch in two parts', async () => {
    const alone = createTrainingStep({ ...options, backend, microBatches: 2 });
    const members = together(2);
    for (let update = 0; update < UPDATES; update += 1) {
      const batch = batchOf(update);
      const expected = await alone.run(batch, rate);
      const results = await Promise.all(
        members.map((member, rank) => member.run(shareOf(batch, rank, 2), rate)),
      );
      expect(results[0]).toEqual(results[1]);
      expect(results[0]?.loss).toBeCloseTo(expected.loss, 5);
      expect(results[0]?.parts['error']).toBeCloseTo(Number(expected.parts['error']), 5);
      expect(results[0]?.gradientNorm).toBeCloseTo(expected.gradientNorm, 5);
    }
    const expected = await alone.state();
    const [state, other] = await Promise.all(members.map((member) => member.state()));
    expect(state).toEqual(other);
    expect(state?.step).toBe(UPDATES);
    for (const part of ['weights', 'firstMoment', 'secondMoment'] as const)
      for (const [name, { data }] of Object.entries(expected[part]))
        data.forEach((value, i) => expect(state?.[part][name]?.data[i]).toBeCloseTo(Number(value), 5));
    expect(await members[0]?.weights()).toEqual(state?.weights);
    await Promise.all([alone, ...members].map((step) => step.dispose()));
  });

  test('each of them may take its share in parts', async () => {
    const alone = createTrainingStep({ ...options, backend, microBatches: 4 });
    const members = together(2, { microBatches: 2 });
    const batch = batchOf(0);
    const expected = await alone.run(batch, rate);
    const [first, second] = await Promise.all(
      members.map((member, rank) => member.run(shareOf(batch, rank, 2), rate)),
    );
    expect(first).toEqual(second);
    expect(first?.loss).toBeCloseTo(expected.loss, 6);
    expect(first?.gradientNorm).toBeCloseTo(expected.gradientNorm, 6);
    await Promise.all([alone, ...members].map((step) => step.dispose()));
  });

  test('a state that all take up goes on as it would have', async () => {
    const [member] = together(1);
    const alone = createTrainingStep({ ...options, backend });
    if (member === undefined) throw new Error('expected a member');
    await alone.run(batchOf(0), rate);
    await member.load(await alone.state());
    const [own, expected] = [await member.run(batchOf(1), rate), await alone.run(batchOf(1), rate)];
    expect(own.step).toBe(2);
    expect(own.loss).toBeCloseTo(expected.loss, 5);
    expect(own.gradientNorm).toBeCloseTo(expected.gradientNorm, 5);
    await Promise.all([alone, member].map((step) => step.dispose()));
  });

  test('where the loss of one is not finite, none has a new state', async () => {
    const members = together(2);
    const before = await members[0]?.state();
    const batch = batchOf(0);
    const bad = {
      ...batch,
      scale: { shape: [], dtype: 'float32', data: Float32Array.of(Infinity) },
    } as const;
    const ran = await Promise.allSettled(
      members.map((member, rank) => member.run(shareOf(rank === 0 ? batch : bad, rank, 2), rate)),
    );
    expect(ran).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'compile/not-finite' }) as Error },
      { status: 'rejected', reason: expect.objectContaining({ code: 'compile/not-finite' }) as Error },
    ]);
    for (const member of members) expect(await member.state()).toEqual(before);
    await Promise.all(members.map((step) => step.dispose()));
  });
});

test('where one can’t compute its share, the others end too, and all can go on', async () => {
  const members = createCommunicators(2).map((communicator) =>
    createTrainingStep({ ...options, communicator }),
  );
  const batch = batchOf(0);
  const wide = {
    ...batch,
    x: { shape: [ROWS, 2], dtype: 'float32', data: new Float32Array(ROWS * 2) },
  } as const;
  const ran = await Promise.allSettled(
    members.map((member, rank) => member.run(shareOf(rank === 0 ? batch : wide, rank, 2), rate)),
  );
  const [first, second] = ran.map((each) => (each.status === 'rejected' ? String(each.reason) : 'ran'));
  expect(first).toContain('process 0 of 2 ends, as another has failed');
  expect(second).not.toContain('another has failed');
  const results = await Promise.all(members.map((member, rank) => member.run(shareOf(batch, rank, 2), rate)));
  expect(results[0]).toEqual(results[1]);
  expect(results[0]?.step).toBe(1);
  await Promise.all(members.map((step) => step.dispose()));
});

test('a communicator and a worker exclude each other', () => {
  const [communicator] = createCommunicators(1);
  if (communicator === undefined) throw new Error('expected a member');
  expect(() => createTrainingStep({ ...options, communicator, worker: true })).toThrow(
    'expected no worker beside a communicator',
  );
});
