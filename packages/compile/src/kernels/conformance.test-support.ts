import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { runEagerly } from '../run-eagerly.js';
import { createFunction } from '../compiled-function.js';
import { type HostTensor, sizeOf, type TensorMap, type TensorType } from '../tensors.js';

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);

/** One call of an operation. */
export interface Case {
  /** The call in words, for a counterexample. */
  readonly label: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly run: (inputs: TensorMap) => tf.Tensor | readonly tf.Tensor[];
  /** Inputs whose gradient is compared too. */
  readonly wrt?: readonly string[];
}

/** Calls by the kernel that they must reach. */
export type CaseTable = Readonly<Record<string, fc.Arbitrary<Case>>>;

/** Runs a kernel, and how often the conformance of one is tried; both can be set to search further. */
const RUNS = Number(process.env['CONFORMANCE_RUNS'] ?? 25);
const SEED = Number(process.env['CONFORMANCE_SEED'] ?? 1);

/** A shape: mostly lengths of 1 to 3, now and then an empty axis. */
export function shapes(minRank = 0, maxRank = 4, minLength = 0): fc.Arbitrary<number[]> {
  const length = fc.oneof(
    { weight: 15, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.constant(Math.max(minLength, 0)) },
  );
  return fc.array(length, { minLength: minRank, maxLength: maxRank });
}

/** Two shapes that broadcast to one: leading axes left out, others of length 1. */
export function broadcastShapes(minLength = 0): fc.Arbitrary<[number[], number[]]> {
  return shapes(0, 4, minLength).chain((whole) => {
    const part = fc
      .tuple(
        fc.integer({ min: 0, max: whole.length }),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: whole.length, maxLength: whole.length }),
      )
      .map(([from, ones]) => whole.map((length, axis) => (ones[axis] === 0 ? 1 : length)).slice(from));
    return fc.tuple(part, part);
  });
}

/** Finite numbers of moderate size. */
export function finite(min = -4, max = 4): fc.Arbitrary<number> {
  return fc.double({ min, max, noNaN: true }).map(Math.fround);
}

/** Numbers with all that IEEE 754 has to offer. */
export const ANY_REAL: fc.Arbitrary<number> = fc.oneof(
  { weight: 2, arbitrary: finite() },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        0,
        -0,
        0.5,
        1.5,
        -2.5,
        1e-7,
        -1e-7,
        100,
        -100,
      )
      .map(Math.fround),
  },
);

/** A tensor of a shape, with float32 elements from `entry`. */
export function floats(shape: readonly number[], entry = finite()): fc.Arbitrary<HostTensor> {
  const size = sizeOf(shape);
  return fc
    .array(entry, { minLength: size, maxLength: size })
    .map((values) => ({ shape, dtype: 'float32', data: Float32Array.from(values) }));
}

/** An int32 tensor with elements in `min..max`. */
export function integers(shape: readonly number[], min = -9, max = 9): fc.Arbitrary<HostTensor> {
  const size = sizeOf(shape);
  return fc
    .array(fc.integer({ min, max }), { minLength: size, maxLength: size })
    .map((values) => ({ shape, dtype: 'int32', data: Int32Array.from(values) }));
}

/** A tensor of truth values. */
export function booleans(shape: readonly number[]): fc.Arbitrary<HostTensor> {
  const size = sizeOf(shape);
  return fc
    .array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size })
    .map((values) => ({ shape, dtype: 'bool', data: Uint8Array.from(values) }));
}

/** A tensor of a shape and an element type. */
export function tensors(shape: readonly number[], dtype: TensorType): fc.Arbitrary<HostTensor> {
  if (dtype === 'float32') return floats(shape);
  return dtype === 'int32' ? integers(shape) : booleans(shape);
}

/** A tensor of a shape and any element type. */
export function anyTensor(shape: readonly number[]): fc.Arbitrary<HostTensor> {
  return fc.constantFrom<TensorType>('float32', 'int32', 'bool').chain((dtype) => tensors(shape, dtype));
}

/** Inputs to differentiate by: those that are real numbers. */
export function realInputs(inputs: Readonly<Record<string, HostTensor>>): string[] {
  return Object.keys(inputs).filter((name) => inputs[name]?.dtype === 'float32');
}

/** A named input of a case that is known to be there. */
export function at(inputs: TensorMap, name: string): tf.Tensor {
  return inputs[name] as tf.Tensor;
}

/** Numbers without a pattern, so that a gradient that mixes up elements is found. */
function weightsFor(shape: readonly number[]): tf.Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, index) => Math.cos(index + 1));
  return tf.tensor(values, [...shape]);
}

/** The case's results and, where asked for, the gradients of their weighted sum. */
function program({ run, wrt = [] }: Case, inputs: TensorMap): TensorMap {
  const results: Record<string, tf.Tensor> = {};
  const listed = (value: tf.Tensor | readonly tf.Tensor[]) => (value instanceof tf.Tensor ? [value] : value);
  listed(run(inputs)).forEach((value, index) => {
    results[`value ${index}`] = value;
  });
  if (wrt.length === 0) return results;
  const loss = (...variables: tf.Tensor[]): tf.Scalar => {
    const moved = Object.fromEntries(wrt.map((name, index) => [name, variables[index] as tf.Tensor]));
    const parts = listed(run({ ...inputs, ...moved })).map((value) =>
      tf.sum<tf.Scalar>(tf.mul(value, weightsFor(value.shape))),
    );
    return tf.addN(parts);
  };
  tf.grads(loss)(wrt.map((name) => at(inputs, name))).forEach((gradient, index) => {
    results[`gradient of ${wrt[index]}`] = gradient;
  });
  return results;
}

/** Element types and values of two runs: equal for whole numbers, to 1e-5 for real ones, NaN where NaN is. */
export function expectSame(
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  label: string,
): void {
  expect(Object.keys(actual), label).toEqual(Object.keys(expected));
  for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
    const other = actual[name] as HostTensor;
    const where = `${label}: ${name}`;
    expect([other.dtype, ...other.shape], where).toEqual([dtype, ...shape]);
    expect(other.data.length, where).toBe(data.length);
    const far = Array.from(data, (wanted, index) => [other.data[index] as number, wanted] as const).filter(
      ([got, wanted]) => !isClose(got, wanted, dtype),
    );
    expect(far, `${where}: pairs of captured and cpu`).toEqual([]);
  }
}

function isClose(got: number, wanted: number, dtype: TensorType): boolean {
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return true;
  if (dtype !== 'float32' || !Number.isFinite(wanted)) return false;
  return Math.abs(got - wanted) <= 1e-6 + 1e-5 * Math.abs(wanted);
}

/** Gives tfjs's cpu backend a kernel that it lacks, composed of those that it has. */
export function completeCpu(
  kernelName: string,
  kernelFunc: (inputs: TensorMap, attributes: Readonly<Record<string, unknown>>) => tf.Tensor,
): void {
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => kernelFunc(inputs as unknown as TensorMap, attrs ?? {}),
  });
}

/** Runs one case on tfjs's cpu backend and captured, and compares. */
export async function expectConformance(kernel: string, call: Case): Promise<void> {
  const spy = vi.spyOn(tf.engine(), 'runKernel');
  let expected: Record<string, HostTensor>;
  try {
    expected = await runEagerly('tfjs-cpu', call.inputs, (inputs) => program(call, inputs));
    expect(spy.mock.calls.map(([name]) => name)).toContain(kernel);
  } finally {
    spy.mockRestore();
  }
  const captured = createFunction((_weights, inputs) => program(call, inputs), { threads: 1 });
  try {
    expectSame(await captured.run(call.inputs), expected, call.label);
  } finally {
    await captured.dispose();
  }
  // Nothing of the graph outlives its capture.
  expect(tf.engine().registry['fgam-capture']?.numDataIds(), call.label).toBe(0);
}

/**
 * Declares a test for each kernel of a family: random calls give the same values and gradients captured as on tfjs's cpu backend.
 * Where tfjs registers a gradient, some call must take it.
 */
export function testConformance(family: object, table: CaseTable, constant: readonly string[] = []): void {
  test('every captured kernel of the family is here', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(family).sort());
  });
  test.each(Object.keys(table))('%s', async (kernel) => {
    let gradients = 0;
    await fc.assert(
      fc.asyncProperty(table[kernel] as fc.Arbitrary<Case>, async (call) => {
        gradients += call.wrt?.length ?? 0;
        await expectConformance(kernel, call);
      }),
      { numRuns: RUNS, seed: SEED, includeErrorInReport: true },
    );
    if (tf.getGradient(kernel) !== undefined && !constant.includes(kernel))
      expect(gradients).toBeGreaterThan(0);
  });
}
