import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cachedAttention, type CachedAttentionInputs } from './cached-attention.js';
import { captureGraph, captureNodes } from './capture.js';
import { createFunction } from './compiled-function.js';
import type { HostTensor, Program, TensorMap } from './tensors.js';
import { specsOf } from './specs.js';

type Inputs = Readonly<
  Record<Exclude<keyof CachedAttentionInputs, 'positions'>, HostTensor> & { positions?: HostTensor }
>;

const program: Program = (_, all) => ({
  ...cachedAttention(all as unknown as CachedAttentionInputs),
});

interface Case {
  readonly batch: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly capacity: number;
  readonly width: number;
  readonly seed: number;
  /** The new tokens' positions are not their places. */
  readonly isShifted?: boolean;
}

function inputsOf({ batch, keyHeads, group, capacity, width, seed, isShifted }: Case): Inputs {
  const uniform = (shape: number[], index: number): HostTensor => ({
    shape,
    dtype: 'float32',
    data: tf.randomUniform(shape, -2, 2, 'float32', seed + index).dataSync() as Float32Array,
  });
  const angles = Array.from({ length: (capacity + 3) * (width / 2) }, (_, i) => i * 0.37);
  const table = (of: (angle: number) => number): HostTensor => ({
    shape: [capacity + 3, width / 2],
    dtype: 'float32',
    data: Float32Array.from(angles, of),
  });
  return {
    qkv: uniform([batch, (group + 2) * keyHeads * width], 1),
    keys: uniform([batch, keyHeads, capacity, width], 2),
    values: uniform([batch, keyHeads, capacity, width], 3),
    lengths: {
      shape: [batch],
      dtype: 'int32',
      data: Int32Array.from({ length: batch }, (_, row) => (seed + 7 * row) % capacity),
    },
    cos: table(Math.cos),
    sin: table(Math.sin),
    ...(isShifted === true && {
      positions: {
        shape: [batch],
        dtype: 'int32',
        data: Int32Array.from({ length: batch }, (_, row) => (5 * seed + 3 * row) % (capacity + 3)),
      },
    }),
  };
}

/** The same with numbers, by the equation. */
function expected(inputs: Inputs, { batch, keyHeads, group, capacity, width }: Case) {
  const heads = keyHeads * group;
  const keys = Float32Array.from(inputs.keys.data);
  const values = Float32Array.from(inputs.values.data);
  const mixed: number[] = [];
  for (let row = 0; row < batch; row++) {
    const at = inputs.lengths.data[row] as number;
    const position = (inputs.positions ?? inputs.lengths).data[row] as number;
    const head = (index: number): number[] => {
      const start = (row * (heads + 2 * keyHeads) + index) * width;
      return [...inputs.qkv.data.slice(start, start + width)];
    };
    const turned = (x: readonly number[]): number[] =>
      x.map((value, i) => {
        const pair = i % (width / 2);
        const [cos, sin] = [inputs.cos, inputs.sin].map(
          ({ data }) => data[position * (width / 2) + pair] as number,
        ) as [number, number];
        return i < width / 2
          ? value * cos - (x[i + width / 2] as number) * sin
          : value * cos + (x[i - width / 2] as number) * sin;
      });
    const place = (keyHead: number, entry: number): number =>
      ((row * keyHeads + keyHead) * capacity + entry) * width;
    for (let keyHead = 0; keyHead < keyHeads; keyHead++) {
      keys.set(turned(head(heads + keyHead)), place(keyHead, at));
      values.set(head(heads + keyHeads + keyHead), place(keyHead, at));
    }
    for (let h = 0; h < heads; h++) {
      const keyHead = Math.floor(h / group);
      const q = turned(head(h));
      const scores = Array.from({ length: at + 1 }, (_, entry) =>
        Math.exp(
          q.reduce((sum, x, i) => sum + x * (keys[place(keyHead, entry) + i] as number), 0) /
            Math.sqrt(width),
        ),
      );
      const total = scores.reduce((a, b) => a + b, 0);
      for (let i = 0; i < width; i++)
        mixed.push(
          scores.reduce(
            (sum, score, entry) => sum + score * (values[place(keyHead, entry) + i] as number),
            0,
          ) / total,
        );
    }
  }
  return { mixed, keys, values };
}

/** What is defined of a cache: places 0 .. n of each row. */
function filled(cache: HostTensor | undefined, { lengths }: Inputs): number[] {
  const [batch = 0, keyHeads = 0, capacity = 0, width = 0] = cache?.shape ?? [];
  return Array.from({ length: batch * keyHeads }, (_, block) => {
    const end = (lengths.data[Math.floor(block / keyHeads)] as number) + 1;
    return [...(cache?.data.slice(block * capacity * width, (block * capacity + end) * width) ?? [])];
  }).flat();
}

function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  for (let i = 0; i < actual.length; i++)
    expect(Math.abs((actual[i] as number) - (wanted[i] as number))).toBeLessThan(2e-5);
}

const cases = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  keyHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  capacity: fc.integer({ min: 1, max: 9 }),
  // Multiples of 16 are one node.
  width: fc.constantFrom(2, 6, 16, 32),
  seed: fc.integer({ min: 0, max: 1000 }),
  isShifted: fc.boolean(),
});

describe.each(['ort-cpu', 'tfjs-cpu'] as const)('cachedAttention on %s', (backend) => {
  it('is attention over the filled places and the new token', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (some) => {
        const inputs = inputsOf(some);
        const run = createFunction(program, { backend });
        const results = await run.run(inputs);
        await run.dispose();
        const { mixed, ...cache } = expected(inputs, some);
        expectClose(results['mixed']?.data ?? [], mixed);
        for (const [name, wanted] of Object.entries(cache))
          expectClose(
            filled(results[name], inputs),
            filled({ shape: inputs.keys.shape, dtype: 'float32', data: wanted }, inputs),
          );
        expect(results['mixed']?.shape).toEqual([some.batch, some.group * some.keyHeads * some.width]);
      }),
      { numRuns: 30 },
    );
  });

  it.each([4, 16])('writes over the cache that it is given (heads of %i)', async (width) => {
    const some = { batch: 2, keyHeads: 2, group: 2, capacity: 5, width, seed: 3 };
    const inputs = inputsOf(some);
    const wanted = expected(inputs, some);
    const run = createFunction(program, { backend });
    const { keys, values } = inputs;
    const results = await run.run(inputs, { results: { keys, values } });
    expect(results['keys']).toBe(keys);
    expectClose(results['mixed']?.data ?? [], wanted.mixed);
    for (const [name, data] of [
      ['keys', wanted.keys],
      ['values', wanted.values],
    ] as const)
      expectClose(
        filled(results[name], inputs),
        filled({ shape: inputs.keys.shape, dtype: 'float32', data }, inputs),
      );
    // A second token sees the first.
    const later = Int32Array.from(inputs.lengths.data, (length) => length + 1);
    const next: Inputs = { ...inputs, lengths: { shape: [2], dtype: 'int32', data: later } };
    const after = expected(next, some);
    const second = await run.run(next, { results: { keys, values } });
    expectClose(second['mixed']?.data ?? [], after.mixed);
    await run.dispose();
  });
});

test.each(['ort-cpu', 'tfjs-cpu'] as const)(
  'what lies after a row’s token may be NaN (%s)',
  async (backend) => {
    for (const width of [4, 16]) {
      const some = { batch: 2, keyHeads: 1, group: 2, capacity: 6, width, seed: 2 };
      const inputs = inputsOf(some);
      const wanted = expected(inputs, some);
      const [after, size] = [Float32Array.from(inputs.keys.data), some.capacity * width];
      for (const [row, length] of [...inputs.lengths.data].entries())
        after.fill(Number.NaN, row * size + length * width, (row + 1) * size);
      const cache = (data: Float32Array): HostTensor => ({
        ...inputs.keys,
        dtype: 'float32',
        data: data.map((value, i) => (Number.isNaN(after[i]) ? Number.NaN : value)),
      });
      const [keys, values] = [inputs.keys, inputs.values].map(({ data }) => cache(data as Float32Array));
      const run = createFunction(program, { backend });
      const { mixed } = await run.run({ ...inputs, keys: keys as HostTensor, values: values as HostTensor });
      expectClose(mixed?.data ?? [], wanted.mixed);
      await run.dispose();
    }
  },
);

describe('captured', () => {
  const specs = specsOf(inputsOf({ batch: 1, keyHeads: 1, group: 2, capacity: 4, width: 16, seed: 1 }));
  const attend = (all: TensorMap): TensorMap => program({}, all);
  const operators = (nodes: readonly { readonly operator: string }[]) =>
    nodes.map(({ operator }) => operator);

  it("is one node in graphs for onnxruntime's CPU, and ONNX's own elsewhere", () => {
    const { graph } = captureNodes(specs, attend, { runtime: 'ort-cpu' });
    expect(operators(graph.nodes)).toContain('GroupQueryAttention');
    expect([...graph.domains()]).toEqual(['com.microsoft']);
    for (const target of [{}, { runtime: 'ort-webgpu' }] as const) {
      const portable = captureNodes(specs, attend, target).graph;
      expect(operators(portable.nodes)).not.toContain('GroupQueryAttention');
      expect([...portable.domains()]).toEqual([]);
    }
    expect(Buffer.from(captureGraph(specs, attend).model).includes('com.microsoft')).toBe(false);
  });

  it('names the shapes that do not belong together', () => {
    const wrong = { ...specs, lengths: { shape: [2], dtype: 'int32' } as const };
    expect(() => captureGraph(wrong, attend)).toThrow(/lengths \[2\]/);
  });
});

test('memory for results is checked, and used in a worker too', async () => {
  const double: Program = (_, { x }) => ({ y: tf.mul(x as tf.Tensor, 2) });
  const x = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } as const;
  const y = { shape: [2], dtype: 'float32', data: new Float32Array(2) } as const;
  for (const options of [{}, { backend: 'tfjs-cpu' }, { worker: { transfer: 'copy' } }] as const) {
    const run = createFunction(double, options);
    y.data.fill(0);
    expect((await run.run({ x }, { results: { y } }))['y']).toBe(y);
    expect([...y.data]).toEqual([2, 4]);
    const wrong = { shape: [1], dtype: 'float32', data: new Float32Array(1) } as const;
    await expect(run.run({ x }, { results: { y: wrong } })).rejects.toMatchObject({
      code: 'compile/bad-input',
    });
    const short = { ...y, data: new Float32Array(1) };
    await expect(run.run({ x }, { results: { y: short } })).rejects.toMatchObject({
      code: 'compile/bad-input',
    });
    await expect(run.run({ x }, { results: { y, z: y } })).rejects.toMatchObject({
      code: 'compile/bad-input',
      message: 'results: expected memory for y, got z',
    });
    await run.dispose();
  }
});
