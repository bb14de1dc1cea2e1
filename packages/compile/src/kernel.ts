import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, type CaptureBackend, type GraphValue } from './capture-backend.js';
import { FgamError } from './error.js';

/** A kernel's attributes, as tfjs passes them. */
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** What a kernel's capture is given. */
export interface KernelCall {
  readonly backend: CaptureBackend;
  /** The graph's value of a named input. */
  readonly input: (name: string) => GraphValue;
  /** Whether a named input was given: some may be left out. */
  readonly has: (name: string) => boolean;
  /** All inputs of a kernel that takes a list. */
  readonly inputs: () => readonly GraphValue[];
  readonly attributes: KernelAttributes;
}

/** Appends the nodes of one call of a kernel and returns its result or results. */
export type KernelCapture = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[];

/** Kernels of one family by the name tfjs gives them. */
export type KernelTable = Readonly<Record<string, KernelCapture>>;

/** Registers kernels for the capturing backend. */
export function registerKernels(table: KernelTable): void {
  for (const [kernelName, capture] of Object.entries(table)) {
    tf.registerKernel({
      kernelName,
      backendName: CAPTURE_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const captureBackend = backend as CaptureBackend;
        return capture({
          backend: captureBackend,
          input: (name) => {
            const tensor = inputs[name];
            if (tensor === undefined)
              throw new FgamError('compile/not-captured', `${kernelName}: no input "${name}"`);
            return captureBackend.graphValue(tensor);
          },
          has: (name) => inputs[name] !== undefined && inputs[name] !== null,
          inputs: () =>
            Object.values(inputs).map((tensor) => captureBackend.graphValue(tensor as tf.TensorInfo)),
          attributes: attrs ?? {},
        });
      },
    });
  }
}

/** Axes as non-negative numbers. */
export function axesOf(axis: unknown, shape: readonly number[]): number[] {
  return tf.util.parseAxisParam((axis ?? null) as number | number[], [...shape]);
}

/** One axis as a non-negative number. */
export function axisOf(axis: unknown, shape: readonly number[]): number {
  return axesOf(axis, shape)[0] as number;
}
