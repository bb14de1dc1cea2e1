import type { HostTensor } from '@fgam/compile';
import type { PreparedImage } from '../processors/image-processor.js';

/** Tensors of images of the same shapes, one after another along the first axis. */
export function stackImages(images: readonly PreparedImage[]): Record<string, HostTensor> {
  const [first = {}] = images;
  return Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => {
      const parts = images.map((image) => image[name]?.data ?? []);
      const [rows = 1, ...rest] = tensor.shape;
      return [name, joined({ ...tensor, shape: [rows * images.length, ...rest] }, parts)];
    }),
  );
}

function joined(tensor: HostTensor, parts: readonly ArrayLike<number>[]): HostTensor {
  const size = tensor.shape.reduce((a, b) => a * b, 1);
  const fill = <Data extends Float32Array | Int32Array | Uint8Array>(data: Data): Data => {
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return data;
  };
  const { shape } = tensor;
  switch (tensor.dtype) {
    case 'float32':
      return { shape, dtype: 'float32', data: fill(new Float32Array(size)) };
    case 'int32':
      return { shape, dtype: 'int32', data: fill(new Int32Array(size)) };
    case 'bool':
      return { shape, dtype: 'bool', data: fill(new Uint8Array(size)) };
  }
}
