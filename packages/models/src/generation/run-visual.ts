import type { CompiledFunction, HostTensor } from '@fgam/compile';
import { modelsError } from '../error.js';
import type { ImageProcessor, PreparedImage } from '../processors/image-processor.js';
import type { VisualTokens } from './spliced-prompt.js';

/**
 * The visual tokens of some prepared images: those of the same shapes go through the program together.
 *
 * @param count - images that are looked at; the rest is padding
 */
export async function runVisual(
  visual: Pick<CompiledFunction, 'run'>,
  processor: Pick<ImageProcessor, 'shapeKey'>,
  prepared: readonly PreparedImage[],
  count: number,
): Promise<VisualTokens[]> {
  const groups = new Map<string, number[]>();
  for (const [i, image] of prepared.entries()) {
    const key = processor.shapeKey(image);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const tokens: VisualTokens[] = [];
  for (const members of groups.values()) {
    if (members.every((i) => i >= count)) continue;
    const { visual: result } = await visual.run(stacked(members.map((i) => prepared[i] as PreparedImage)));
    if (result?.dtype !== 'float32')
      throw modelsError('models/bad-shape', 'generate: expected float32 visual tokens from the program');
    const [, rows = 0, columns = 0] = result.shape;
    const width = result.shape.at(-1) ?? 0;
    const size = result.shape.slice(1).reduce((a, b) => a * b, 1);
    for (const [row, i] of members.entries()) {
      const data = result.data.slice(row * size, (row + 1) * size);
      const grid = result.shape.length === 4 ? { grid: [rows, columns] as const } : {};
      tokens[i] = { shape: [size / width, width], dtype: 'float32', data, ...grid };
    }
  }
  return tokens.slice(0, count);
}

/** Tensors of images of the same shapes, one after another along the first axis. */
function stacked(images: readonly PreparedImage[]): Record<string, HostTensor> {
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
