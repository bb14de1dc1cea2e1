import { createFunction } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';
import { batchSizeFor } from '../batch-size.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { functionOptions, someWeights } from '../execution.js';
import { createImageFeatures } from '../image-features.js';
import { type PreparedImage, shapeKeyOf } from '../processors/image-processor.js';
import type { GeneratorOptions } from './generator.js';
import { instructionInputs } from './instruction.js';
import { runVisual } from './run-visual.js';
import type { VisualTokens } from './spliced-prompt.js';

/** An image and what is asked of it, in the tokens that the vision side reads: none where it reads no prompt. */
export interface Look {
  readonly image: ImageSource;
  readonly instruction: readonly number[];
}

/** Makes visual tokens. */
export interface VisualReader {
  /** In the order of the looks. @throws the image reader's FgamError */
  of(looks: readonly Look[], signal?: AbortSignal): Promise<readonly VisualTokens[]>;
  dispose(): Promise<void>;
}

/** A model's vision side: what depends on an image alone is computed once for each distinct image and kept; the rest for each prompt. */
export function createVisualReader(model: PretrainedModel, options: GeneratorOptions = {}): VisualReader {
  const { maxBatch = 32, imageCacheBytes = 64 * 2 ** 20 } = options;
  const { family, processor } = model;
  const { instruction } = family;
  const weights = someWeights(model, (key) => !key.startsWith('language_model.'));
  const visual = createFunction(family.visual, functionOptions(weights, 'visual tokens', options));
  const features = createImageFeatures({
    read: (image) => processor.prepare(image),
    compute: (prepared, count) => runVisual(visual, processor, prepared, count),
    sizeOf: (tokens: VisualTokens) => tokens.data.byteLength,
    maxBytes: imageCacheBytes,
    maxBatch,
  });
  const read =
    instruction && createFunction(instruction.read, functionOptions(weights, 'instruction', options));
  return {
    async of(looks, signal) {
      const seen = await features.of(
        looks.map(({ image }) => image),
        signal,
      );
      if (instruction === undefined || read === undefined) return seen;
      const tokens: VisualTokens[] = [];
      for (let start = 0; start < looks.length; start += maxBatch) {
        signal?.throwIfAborted();
        const chunk = looks.slice(start, start + maxBatch);
        const asked = instructionInputs(
          chunk.map((look) => look.instruction),
          instruction.length,
        );
        const prepared = asked.map((inputs, i): PreparedImage => {
          const { shape, data } = seen[start + i] as VisualTokens;
          return { ...inputs, features: { shape: [1, ...shape], dtype: 'float32', data } };
        });
        const size = batchSizeFor(chunk.length, maxBatch);
        const padded = Array.from({ length: size }, (_, i) => (prepared[i] ?? prepared[0]) as PreparedImage);
        tokens.push(...(await runVisual(read, { shapeKey: shapeKeyOf }, padded, chunk.length)));
      }
      return tokens;
    },
    async dispose() {
      await Promise.all([visual.dispose(), read?.dispose()]);
    },
  };
}
