import type { HostTensor } from '@fgam/compile';

/** A float32 tensor of zeros in the host's memory. */
export function float32Zeros(shape: readonly number[]): Extract<HostTensor, { readonly dtype: 'float32' }> {
  return { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) };
}

/** An int32 tensor of zeros in the host's memory. */
export function int32Zeros(shape: readonly number[]): Extract<HostTensor, { readonly dtype: 'int32' }> {
  return { shape, dtype: 'int32', data: new Int32Array(sizeOf(shape)) };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
