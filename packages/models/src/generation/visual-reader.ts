import { createFunction } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { batchSizeFor } from '../batch-size.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { functionOptions, someWeights } from '../execution.js';
import { createImageFeatures } from '../image-features.js';
import { type PreparedImage, shapeKeyOf } from '../processors/image-processor.js';
import type { GeneratorOptions } from './generator.js';
import { createIdentities } from './identities.js';
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

/**
 * A model's vision side: what depends on an image alone is computed once for each distinct image and kept,
 * the rest for each image with its prompt.
 */
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
  const reading = instruction && {
    length: instruction.length,
    run: createFunction(instruction.read, functionOptions(weights, 'instruction', options)),
  };
  const identityOf = createIdentities();
  const answered = new LRUCache<string, VisualTokens>({
    maxSize: Math.max(1, imageCacheBytes),
    sizeCalculation: ({ data }) => Math.max(1, data.byteLength),
  });

  /** What is asked of images, of those that were not asked the same before. */
  async function ask(
    { run, length }: NonNullable<typeof reading>,
    looks: readonly Look[],
    seen: readonly VisualTokens[],
    signal: AbortSignal | undefined,
  ): Promise<readonly VisualTokens[]> {
    const keys = looks.map((look, i) => `${identityOf(seen[i] as VisualTokens)} ${look.instruction.join()}`);
    const tokens = new Map(keys.map((key) => [key, answered.get(key)]));
    const todo = [...tokens].flatMap(([key, known]) => (known === undefined ? [keys.indexOf(key)] : []));
    for (let start = 0; start < todo.length; start += maxBatch) {
      signal?.throwIfAborted();
      const chunk = todo.slice(start, start + maxBatch);
      const asked = instructionInputs(
        chunk.map((i) => looks[i]?.instruction ?? []),
        length,
      );
      const prepared = asked.map((inputs, at): PreparedImage => {
        const { shape, data } = seen[chunk[at] as number] as VisualTokens;
        return { ...inputs, features: { shape: [1, ...shape], dtype: 'float32', data } };
      });
      const size = batchSizeFor(chunk.length, maxBatch);
      const padded = Array.from({ length: size }, (_, at) => (prepared[at] ?? prepared[0]) as PreparedImage);
      const found = await runVisual(run, { shapeKey: shapeKeyOf }, padded, chunk.length);
      for (const [at, i] of chunk.entries()) {
        tokens.set(keys[i] as string, found[at]);
        answered.set(keys[i] as string, found[at]);
      }
    }
    return keys.map((key) => tokens.get(key) as VisualTokens);
  }

  return {
    async of(looks, signal) {
      const seen = await features.of(
        looks.map(({ image }) => image),
        signal,
      );
      return reading === undefined ? seen : ask(reading, looks, seen, signal);
    },
    async dispose() {
      await Promise.all([visual.dispose(), reading?.run.dispose()]);
    },
  };
}
