import type { TensorSpec } from '@fgam/compile';

/** What processors make of an image whose size a config states. */
export function squareImage(size: number): Readonly<Record<'pixels', TensorSpec>> {
  return { pixels: { shape: [1, size, size, 3], dtype: 'float32' } };
}
