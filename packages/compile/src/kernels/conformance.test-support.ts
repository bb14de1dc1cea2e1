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
/** How many of them are compared with difference quotients, and tried for second gradients: both take longer. */
const SLOPE_RUNS = Math.ceil(RUNS / 3);
const SECOND_RUNS = Math.ceil(RUNS / 5);
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

/** Results of a call as a list. */
function listed(value: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  return value instanceof tf.Tensor ? [value] : value;
}

/** The weighted sum of the results of a case, as a function of the inputs to differentiate by. */
function lossOf({ run, wrt = [] }: Case, inputs: TensorMap, form: (y: tf.Tensor) => tf.Tensor = (y) => y) {
  return (...variables: tf.Tensor[]): tf.Scalar => {
    const moved = Object.fromEntries(wrt.map((name, index) => [name, variables[index] as tf.Tensor]));
    const parts = listed(run({ ...inputs, ...moved })).map((value) =>
      tf.sum<tf.Scalar>(tf.mul(form(value), weightsFor(value.shape))),
    );
    return tf.addN(parts);
  };
}

/** The case's results and, where asked for, the gradients of their weighted sum. */
function program(call: Case, inputs: TensorMap): TensorMap {
  const { run, wrt = [] } = call;
  const results: Record<string, tf.Tensor> = {};
  listed(run(inputs)).forEach((value, index) => {
    results[`value ${index}`] = value;
  });
  if (wrt.length === 0) return results;
  tf.grads(lossOf(call, inputs))(wrt.map((name) => at(inputs, name))).forEach((gradient, index) => {
    results[`gradient of ${wrt[index]}`] = gradient;
  });
  return results;
}

const bent = (y: tf.Tensor): tf.Tensor => {
  const real = tf.cast(y, 'float32');
  return tf.add(real, tf.mul(tf.square(real), 0.25));
};

/**
 * The gradients of a case as a case of its own, whose gradients are second ones. They are those of y + y²/4,
 * so that they depend on y also where y is linear.
 */
export function firstGradients(call: Case): Case {
  const { label, inputs, wrt = [] } = call;
  return {
    label: `gradient of ${label}`,
    inputs,
    run: (given) => tf.grads(lossOf(call, given, bent))(wrt.map((name) => at(given, name))),
    wrt,
  };
}

/**
 * Element types and values of two runs: equal for whole numbers, to 1e-5 for real ones, NaN where NaN is.
 *
 * @param ofLargest - to 1e-5 of the largest element: for long sums, whose rounding is that of their terms
 */
export function expectSame(
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  label: string,
  ofLargest = false,
): void {
  expect(Object.keys(actual), label).toEqual(Object.keys(expected));
  for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
    const other = actual[name] as HostTensor;
    const where = `${label}: ${name}`;
    expect([other.dtype, ...other.shape], where).toEqual([dtype, ...shape]);
    expect(other.data.length, where).toBe(data.length);
    const largest = ofLargest ? Math.max(0, ...Array.from(data, Math.abs).filter(Number.isFinite)) : 0;
    const far = Array.from(data, (wanted, index) => [other.data[index] as number, wanted] as const).filter(
      ([got, wanted]) => !isClose(got, wanted, dtype, largest),
    );
    expect(far, `${where}: pairs of captured and cpu`).toEqual([]);
  }
}

function isClose(got: number, wanted: number, dtype: TensorType, least: number): boolean {
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return true;
  if (dtype !== 'float32' || !Number.isFinite(wanted)) return false;
  return Math.abs(got - wanted) <= 1e-6 + 1e-5 * Math.max(least, Math.abs(wanted));
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

/** Steps of a difference quotient: a power of 2, which float32 adds to numbers of size 1 with 15 digits to spare. */
const STEP = 2 ** -8;

/**
 * Moves of many elements of an input at once, no two alike: of all, and of those that are not near
 * 0, where many kinks are.
 */
const DIRECTIONS = [1, 2].map((turn) => (x: number, index: number) => {
  const move = Math.sin(turn * (index + 1) + 0.5);
  return turn > 1 && Math.abs(x) < 4 * STEP ? 0 : move;
});

/** The sum of the absolute values. */
const sizeOfAll = (values: readonly number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0);

/**
 * Compares the gradients of a case on tfjs's cpu backend with difference quotients of its values: along each
 * direction v the sum of gradient times step must be f(x + h v) - f(x - h v), to 2 %, the rounding of float32
 * and what the values bend by. Where they have a kink or a jump nearby, at which they bend by more than a
 * tenth of what they move, there is nothing to compare.
 *
 * @returns how many directions were compared
 */
export async function expectSlopes(call: Case): Promise<number> {
  const { inputs, wrt = [], label } = call;
  if (wrt.length === 0) return 0;
  const found = await runEagerly('tfjs-cpu', inputs, (given) => program(call, given));
  // Terms of the weighted sum, in double precision: a sum in float32 would add to the rounding of the results.
  const termsAt = async (moved: Readonly<Record<string, HostTensor>>) => {
    const results = await runEagerly('tfjs-cpu', { ...inputs, ...moved }, (given) =>
      Object.fromEntries(listed(call.run(given)).map((value, index) => [`value ${index}`, value])),
    );
    return Object.values(results).flatMap(({ data }) =>
      Array.from(data, (value, index) => value * Math.cos(index + 1)),
    );
  };
  const middle = await termsAt({});
  let compared = 0;
  for (const name of wrt) {
    const { shape, data } = inputs[name] as HostTensor;
    const slopes = (found[`gradient of ${name}`] as HostTensor).data;
    for (const direction of DIRECTIONS) {
      const moved = (steps: number) => Float32Array.from(data, (x, i) => x + steps * STEP * direction(x, i));
      if (data.every((x, i) => direction(x, i) === 0)) continue;
      const [high, low] = [moved(1), moved(-1)];
      const at = (x: Float32Array) => termsAt({ [name]: { shape, dtype: 'float32', data: x } });
      const [up, half, down] = [await at(high), await at(moved(0.5)), await at(low)];
      const second = (low: number[], mid: number[], high: number[]) =>
        sizeOfAll(mid.map((value, i) => (low[i] as number) - 2 * value + (high[i] as number)));
      const bend = second(down, middle, up) + second(middle, half, up);
      const shares = Array.from(slopes, (slope, i) => slope * ((high[i] as number) - (low[i] as number)));
      const expected = shares.reduce((a, b) => a + b, 0);
      const actual = up.reduce((sum, value, i) => sum + value - (down[i] as number), 0);
      const size = Math.max(sizeOfAll(shares), sizeOfAll(up.map((value, i) => value - (down[i] as number))));
      // And of numbers too small for float32's digits.
      const rounding = 1e-6 * (sizeOfAll(up) + sizeOfAll(down)) + 1e-30;
      if (!(bend <= 0.1 * size + rounding)) continue;
      compared++;
      const where = `${label}: gradient of ${name} gives ${expected}, values ${actual}`;
      expect(Math.abs(actual - expected), where).toBeLessThanOrEqual(0.02 * size + rounding + bend);
    }
  }
  return compared;
}

/** Runs one case on tfjs's cpu backend and captured, and compares. */
export async function expectConformance(kernel: string, call: Case, ofLargest = false): Promise<void> {
  const spy = vi.spyOn(tf.engine(), 'runKernel');
  let expected: Record<string, HostTensor>;
  try {
    expected = await runEagerly('tfjs-cpu', call.inputs, (inputs) => program(call, inputs));
    expect(spy.mock.calls.map(([name]) => name)).toContain(kernel);
  } finally {
    spy.mockRestore();
  }
  // Another test may have made something of a graph that failed.
  const before = capturedTensors() ?? 0;
  const captured = createFunction((_weights, inputs) => program(call, inputs), { threads: 1 });
  try {
    expectSame(await captured.run(call.inputs), expected, call.label, ofLargest);
  } finally {
    await captured.dispose();
  }
  // Nothing of the graph outlives its capture.
  expect(capturedTensors(), call.label).toBe(before);
}

/** Tensors of graphs that are not over; undefined before the first graph. */
function capturedTensors(): number | undefined {
  return tf.engine().registry['fgam-capture']?.numDataIds();
}

/**
 * Declares tests for each kernel of a family: random calls give the same values and gradients captured as on
 * tfjs's cpu backend, where gradients are the slopes of the values; and so do the gradients taken as programs
 * of their own, whose gradients are second ones. Where a gradient is registered, some call must take it.
 *
 * @param constant - kernels whose results change in steps, or not at all: there are no slopes to compare
 */
export function testConformance(family: object, table: CaseTable, constant: readonly string[] = []): void {
  const kernels = Object.keys(table);
  test('every captured kernel of the family is here', () => {
    expect(kernels.toSorted()).toEqual(Object.keys(family).sort());
  });
  test.each(kernels)('%s', async (kernel) => {
    let gradients = 0;
    let compared = 0;
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(table[kernel] as fc.Arbitrary<Case>, async (call) => {
        gradients += call.wrt?.length ?? 0;
        await expectConformance(kernel, call);
        if (call.wrt === undefined || call.wrt.length === 0 || tried === SLOPE_RUNS) return;
        tried++;
        compared += await expectSlopes(call);
      }),
      { numRuns: RUNS, seed: SEED, includeErrorInReport: true },
    );
    if (tf.getGradient(kernel) === undefined || constant.includes(kernel)) return;
    expect(gradients).toBeGreaterThan(0);
    expect(compared).toBeGreaterThan(0);
  });
  const differentiable = kernels.filter(
    (kernel) => tf.getGradient(kernel) !== undefined && !constant.includes(kernel),
  );
  test.each(differentiable)('%s, second gradients', async (kernel) => {
    let gradients = 0;
    await fc.assert(
      fc.asyncProperty(table[kernel] as fc.Arbitrary<Case>, async (call) => {
        if (call.wrt === undefined || call.wrt.length === 0 || gradients === SECOND_RUNS) return;
        // onnxruntime fails at some sums of nothing that second gradients make.
        if (Object.values(call.inputs).some(({ shape }) => sizeOf(shape) === 0)) return;
        gradients++;
        const slope = firstGradients(call);
        await expectConformance(kernel, slope, true);
        await expectSlopes(slope);
      }),
      { numRuns: RUNS, seed: SEED, includeErrorInReport: true },
    );
    expect(gradients).toBeGreaterThan(0);
  });
}
