import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, type CaptureBackend, type GraphValue } from './capture-backend.js';
import { captureError } from './capture-error.js';
import type { Refusal } from './not-captured.js';

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
        return captureBackend.during(kernelName, () =>
          capture({
            backend: captureBackend,
            input: (name) => {
              const tensor = inputs[name];
              if (tensor === undefined)
                throw captureError(
                  'compile/not-captured',
                  `capture: ${kernelName} was called without "${name}"`,
                );
              return captureBackend.graphValue(tensor);
            },
            has: (name) => inputs[name] !== undefined && inputs[name] !== null,
            inputs: () =>
              Object.values(inputs).map((tensor) => captureBackend.graphValue(tensor as tf.TensorInfo)),
            attributes: attrs ?? {},
          }),
        );
      },
    });
  }
}

/** Registers kernels that are refused for the capturing backend: each says why, where and what to do instead. */
export function registerRefusals(table: Readonly<Record<string, Refusal>>): void {
  for (const [kernelName, { reason, remedy }] of Object.entries(table)) {
    tf.registerKernel({
      kernelName,
      backendName: CAPTURE_BACKEND,
      kernelFunc: () => {
        throw captureError(
          'compile/not-captured',
          `capture: ${kernelName} is not captured: ${reason}; ${remedy}`,
        );
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
