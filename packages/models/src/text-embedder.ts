import { createFunction, type HostTensor } from '@fgam/compile';
import type { CallOptions } from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { batchSizeFor, roundUp } from './batch-size.js';
import { textEmbeddings } from './blocks/embeddings.js';
import type { ModelConfig } from './config.js';
import { modelsError } from './error.js';
import { type ExecutionOptions, functionOptions } from './execution.js';
import type { FgamModel } from './model.js';
import { cutRows, weightOf } from './tensors.js';

/** Options of {@link createTextEmbedder}. */
export interface TextEmbedderOptions extends ExecutionOptions {
  /** Texts embedded together. Default 64. */
  readonly maxBatch?: number;
  /** Texts whose embeddings are kept between calls. Default 10,000. */
  readonly textCacheSize?: number;
}

/** The text side of stage 1 as a captured program. */
export interface TextEmbedder {
  /** Embeddings of texts, [E] each with unit norm, in their order; each distinct text is computed once. */
  embed(texts: readonly string[], options?: CallOptions): Promise<readonly Float32Array[]>;
  /** Frees the captured program. */
  dispose(): Promise<void>;
}

/** Texts are padded to multiples of this: each new shape costs a capture. */
const TEXT_UNIT = 16;

/**
 * Embeds texts as stage 1 does.
 *
 * @throws FgamError `models/bad-request`, at the call, for a text without words or longer than what is read
 */
export function createTextEmbedder(model: FgamModel, options: TextEmbedderOptions = {}): TextEmbedder {
  const { maxBatch = 64, textCacheSize = 10_000 } = options;
  const { config, weights } = model;
  const program = createFunction(
    (w, inputs) => {
      return { embeddings: textEmbeddings(w, config, weightOf(inputs, 'ids'), weightOf(inputs, 'mask')) };
    },
    functionOptions({ weights }, 'texts', options),
  );
  const kept = new LRUCache<string, Float32Array>({ max: textCacheSize });
  return {
    async embed(texts, call = {}) {
      const found = new Map<string, Float32Array>();
      const missing: { readonly text: string; readonly ids: readonly number[] }[] = [];
      for (const each of new Set(texts)) {
        const embedding = kept.get(each);
        if (embedding !== undefined) found.set(each, embedding);
        else missing.push({ text: each, ids: textIds(model, each) });
      }
      missing.sort((a, b) => a.ids.length - b.ids.length);
      for (let start = 0; start < missing.length; start += maxBatch) {
        call.signal?.throwIfAborted();
        const chunk = missing.slice(start, start + maxBatch);
        const ids = chunk.map((each) => each.ids);
        const { embeddings } = await program.run(textInputs(ids, mostTokens(config), maxBatch));
        for (const [i, embedding] of cutRows(embeddings, chunk.length).entries()) {
          const { text: key } = chunk[i] as (typeof chunk)[number];
          found.set(key, embedding);
          kept.set(key, embedding);
        }
      }
      return texts.map((each) => found.get(each) as Float32Array);
    },
    dispose: () => program.dispose(),
  };
}

/** Tokens of the longest text that is read; a tower of its own reads one more, which ends the text. */
function mostTokens({ text_config: text, fgam: { text_tower: tower } }: ModelConfig): number {
  return tower === undefined ? text.max_position_embeddings : tower.max_position_embeddings - 1;
}

function textIds({ tokenizer, config }: FgamModel, text: string): readonly number[] {
  const ids = tokenizer.encode(text);
  const most = mostTokens(config);
  if (ids.length === 0 || ids.length > most) {
    throw modelsError(
      'models/bad-request',
      `score: expected texts of 1 to ${most} tokens, got ${ids.length} in ${JSON.stringify(text)}`,
    );
  }
  return ids;
}

function textInputs(
  texts: readonly (readonly number[])[],
  most: number,
  maxBatch: number,
): Record<string, HostTensor> {
  const batch = batchSizeFor(texts.length, maxBatch);
  const length = Math.min(most, roundUp(Math.max(...texts.map((ids) => ids.length)), TEXT_UNIT));
  const ids = new Int32Array(batch * length);
  const mask = new Float32Array(batch * length);
  for (const [row, text] of texts.entries()) {
    ids.set(text, row * length);
    mask.fill(1, row * length, row * length + text.length);
  }
  return {
    ids: { shape: [batch, length], dtype: 'int32', data: ids },
    mask: { shape: [batch, length], dtype: 'float32', data: mask },
  };
}
