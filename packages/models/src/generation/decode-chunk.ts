import type { HostTensor } from '@fgam/compile';
import { batchSizeFor, roundUp } from '../batch-size.js';
import type { ModelConfig } from '../config.js';
import { visionGrid } from '../vision-grid.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import { createKeyValueCache, type KeyValueCache, type PrefixCache } from './key-value-cache.js';
import type { Sequence } from './sequence.js';

/** A request with the keys and values of its image; none for text alone. */
export interface ChunkRow {
  readonly sequence: Sequence;
  readonly prefix: PrefixCache | undefined;
}

/** A request and where it is in the batch. */
interface ActiveRow {
  readonly sequence: Sequence;
  /** Its row of the batch. */
  readonly at: number;
  /** Tokens before its text: those of its image. */
  readonly offset: number;
}

/** Prompts are padded to multiples of this, caches to multiples of twice this: each new shape costs a capture. */
const PROMPT_UNIT = 32;

/** Decodes the requests of one batch to their ends: one prefill, then steps of one token a request. */
export async function decodeChunk(
  config: ModelConfig,
  programs: DecodingPrograms,
  rows: readonly ChunkRow[],
  maxBatch: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const prefix = visionGrid(config).visualTokens;
  const longest = Math.max(
    ...rows.map(({ sequence }) => sequence.prompt.length + sequence.request.maxTokens),
  );
  const capacity = prefix + roundUp(longest, 2 * PROMPT_UNIT);
  let batch = batchSizeFor(rows.length, maxBatch);
  let cache = createKeyValueCache(config, batch, capacity);
  await prefill(config, programs, rows, cache, batch);
  let active: readonly ActiveRow[] = rows
    .map(({ sequence, prefix: image }, at) => ({ sequence, at, offset: image === undefined ? 0 : prefix }))
    .filter(({ sequence }) => !sequence.done);
  let step = stepTensors(config, batch);
  while (active.length > 0) {
    signal?.throwIfAborted();
    const smaller = batchSizeFor(active.length, maxBatch);
    if (smaller < batch) {
      const next = createKeyValueCache(config, smaller, capacity);
      for (const [row, { at, sequence, offset }] of active.entries())
        next.write(row, 0, offset + cached(sequence), { tensors: cache.tensors, row: at });
      active = active.map((row, at) => ({ ...row, at }));
      [batch, cache, step] = [smaller, next, stepTensors(config, smaller)];
    }
    for (const { sequence, at, offset } of active) {
      step.ids.data[at] = sequence.tokens.at(-1) as number;
      step.lengths.data[at] = offset + cached(sequence);
    }
    const { ids, lengths, logits } = step;
    await programs.decodeStep({ ids, lengths, ...cache.tensors }, { logits, ...cache.tensors });
    for (const { sequence, at } of active) sequence.accept(rowOf(logits, at));
    active = active.filter(({ sequence }) => !sequence.done);
  }
}

async function prefill(
  config: ModelConfig,
  programs: DecodingPrograms,
  rows: readonly ChunkRow[],
  cache: KeyValueCache,
  batch: number,
): Promise<void> {
  const prefix = visionGrid(config).visualTokens;
  const length = roundUp(Math.max(...rows.map(({ sequence }) => sequence.prompt.length)), PROMPT_UNIT);
  const images = createKeyValueCache(config, batch, prefix);
  const ids = int32Zeros([batch, length]);
  const positions = int32Zeros([batch, length]);
  const pick = float32Zeros([batch, length]);
  const hasImage = float32Zeros([batch]);
  for (const [at, { sequence, prefix: image }] of rows.entries()) {
    const { prompt } = sequence;
    const offset = image === undefined ? 0 : prefix;
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
  for (const [at, { sequence, prefix: image }] of rows.entries()) {
    const offset = image === undefined ? 0 : prefix;
    cache.write(at, offset, sequence.prompt.length, { tensors: entries, row: at });
    sequence.accept(rowOf(logits, at));
  }
}

/** Tokens of a request's text that are in the cache: all but the one chosen last. */
function cached({ prompt, tokens }: Sequence): number {
  return prompt.length + tokens.length - 1;
}

/** What steps read and write beside the cache, in memory of their own. Rows without a request read token 0 and are not looked at. */
function stepTensors({ text_config: text }: ModelConfig, batch: number) {
  return {
    ids: int32Zeros([batch]),
    lengths: int32Zeros([batch]),
    logits: float32Zeros([batch, text.vocab_size]),
  };
}

function rowOf(tensor: HostTensor | undefined, row: number): ArrayLike<number> {
  const width = tensor?.shape.at(-1) ?? 0;
  return tensor?.data.subarray(row * width, (row + 1) * width) ?? [];
}
