import type { CompiledFunction } from '@fgam/compile';
import { modelsError } from '../error.js';
import type { ImageProcessor, PreparedImage } from '../processors/image-processor.js';
import type { VisualTokens } from './spliced-prompt.js';
import { stackImages } from './stack-images.js';

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
    const { visual: result } = await visual.run(
      stackImages(members.map((i) => prepared[i] as PreparedImage)),
    );
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
