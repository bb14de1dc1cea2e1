import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe } from 'vitest';
import { type HostTensor, sizeOf } from '../tensors.js';
import {
  anyTensor,
  at,
  type Case,
  type CaseTable,
  completeCpu,
  floats,
  realInputs,
  shapes,
  testConformance,
} from './conformance.test-support.js';
import { REARRANGEMENT } from './rearrangement.js';

completeCpu('BroadcastTo', ({ x }, { shape }) => tf.broadcastTo(x as tf.Tensor, shape as number[]));

const small = (min: number, max: number) => fc.integer({ min, max });

function call(x: HostTensor, label: string, run: (x: tf.Tensor) => tf.Tensor): Case {
  return {
    label: `${x.dtype} [${x.shape.join()}], ${label}`,
    inputs: { x },
    run: (inputs) => run(at(inputs, 'x')),
    wrt: realInputs({ x }),
  };
}

type Pairs = [number, number][];

/** Blocks of one or two axes after the batch, and before and after each of them what rounds it up to whole blocks. */
const blocks = fc
  .array(fc.record({ block: small(1, 3), count: small(1, 2), before: small(0, 2) }), {
    minLength: 1,
    maxLength: 2,
  })
  .chain((axes) => fc.tuple(fc.constant(axes), small(1, 2), shapes(1, 2)));

const batchToSpace: fc.Arbitrary<Case> = blocks.chain(([axes, batch, rest]) => {
  const block = axes.map((axis) => axis.block);
  const shape = [batch * sizeOf(block), ...axes.map(({ count }) => count), ...rest];
  const crops: Pairs = axes.map(({ block: size, count, before }) => [Math.min(before, size * count - 1), 0]);
  return floats(shape).map((x) =>
    call(x, `blocks ${block.join()}, crops ${JSON.stringify(crops)}`, (value) =>
      tf.batchToSpaceND(value, block, crops),
    ),
  );
});

const spaceToBatch: fc.Arbitrary<Case> = blocks.chain(([axes, batch, rest]) => {
  const block = axes.map((axis) => axis.block);
  const lengths = axes.map(({ block: size, count, before }) => Math.max(1, size * count - before));
  const paddings: Pairs = axes.map(({ block: size, count, before }, axis) => {
    const after = size * count - before - (lengths[axis] as number);
    return [before, after < 0 ? after + size * Math.ceil(-after / size) : after];
  });
  return floats([batch, ...lengths, ...rest]).map((x) =>
    call(x, `blocks ${block.join()}, paddings ${JSON.stringify(paddings)}`, (value) =>
      tf.spaceToBatchND(value, block, paddings),
    ),
  );
});

const CASES: CaseTable = {
  BatchToSpaceND: batchToSpace,
  SpaceToBatchND: spaceToBatch,
  DepthToSpace: fc
    .tuple(small(1, 2), small(1, 3), small(1, 3), small(1, 2), small(2, 3))
    .chain(([batch, height, width, depth, block]) =>
      floats([batch, height, width, depth * block * block]).map((x) =>
        call(x, `blocks of ${block}`, (value) => tf.depthToSpace(value as tf.Tensor4D, block)),
      ),
    ),
  MirrorPad: shapes(1, 4, 1)
    .chain((shape) =>
      fc.tuple(
        floats(shape),
        fc.constantFrom<'reflect' | 'symmetric'>('reflect', 'symmetric'),
        fc.tuple(...shape.map((length) => fc.tuple(small(0, length - 1), small(0, length - 1)))),
      ),
    )
    .map(([x, mode, paddings]) =>
      call(x, `${mode} ${JSON.stringify(paddings)}`, (value) => tf.mirrorPad(value, paddings, mode)),
    ),
  Diag: shapes(1, 3)
    .chain(anyTensor)
    .map((x) => call(x, 'diagonal', (value) => tf.diag(value))),
  // tfjs's function tiles instead; a program may call the kernel itself. Its gradient sums, which
  // keeps axes: equal ranks.
  BroadcastTo: shapes(0, 5)
    .chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.boolean()))))
    .chain(([shape, ones]) =>
      floats(shape.map((length, axis) => (ones[axis] === true ? 1 : length))).map((x) =>
        call(x, `to [${shape.join()}]`, (value) =>
          tf.engine().runKernel('BroadcastTo', { x: value }, { shape, inputShape: x.shape as number[] }),
        ),
      ),
    ),
  BroadcastArgs: fc
    .tuple(shapes(0, 4), fc.nat(), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }))
    .map(([shape, from, ones]) => {
      const whole = Int32Array.from(shape);
      const part = (values: Int32Array, offset: number): HostTensor => ({
        shape: [values.length],
        dtype: 'int32',
        data: values.map((value, axis) => (ones[offset + axis] === true ? 1 : value)),
      });
      const inputs = { s0: part(whole, 0), s1: part(whole.slice(from % (shape.length + 1)), 4) };
      return {
        label: `[${inputs.s0.data.join()}], [${inputs.s1.data.join()}]`,
        inputs,
        run: (xs) => tf.broadcastArgs(at(xs, 's0'), at(xs, 's1')),
      };
    }),
};

describe('rearrangements, captured and on cpu', () => {
  testConformance(REARRANGEMENT, CASES);
});
