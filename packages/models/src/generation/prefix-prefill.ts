import type { ModelConfig } from '../config.js';
import { roundUp } from '../batch-size.js';
import { visionGrid } from '../vision-grid.js';
import { type Prefill, PROMPT_UNIT, rowOf } from './decode-chunk.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import { createKeyValueCache, type PrefixCache } from './key-value-cache.js';

/** Reads prompts after the keys and values of their images, one a row or none. */
export function prefixPrefill(
  config: ModelConfig,
  programs: Pick<DecodingPrograms, 'prefill'>,
  prefixes: readonly (PrefixCache | undefined)[],
): Prefill {
  const prefix = visionGrid(config).visualTokens;
  return async (sequences, cache, batch) => {
    const length = roundUp(Math.max(...sequences.map(({ prompt }) => prompt.length)), PROMPT_UNIT);
    const images = createKeyValueCache(config, batch, prefix);
    const ids = int32Zeros([batch, length]);
    const positions = int32Zeros([batch, length]);
    const pick = float32Zeros([batch, length]);
    const hasImage = float32Zeros([batch]);
    const offsets = prefixes.map((image) => (image === undefined ? 0 : prefix));
    for (const [at, { prompt }] of sequences.entries()) {
      const image = prefixes[at];
      const offset = offsets[at] as number;
      if (image !== undefined) {
        for (const target of [images, cache]) target.write(at, 0, prefix, { tensors: image, row: 0 });
        hasImage.data[at] = 1;
      }
      ids.data.set(prompt, at * length);
      for (let t = 0; t < length; t++) positions.data[at * length + t] = offset + t;
      pick.data[at * length + prompt.length - 1] = 1;
    }
    const { logits, ...entries } = await programs.prefill({
      ids,
      positions,
      pick,
      hasImage,
      ...images.tensors,
    });
    for (const [at, sequence] of sequences.entries()) {
      cache.write(at, offsets[at] as number, sequence.prompt.length, { tensors: entries, row: at });
      sequence.accept(rowOf(logits, at));
    }
    return offsets;
  };
}
