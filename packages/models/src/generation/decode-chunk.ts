import type { HostTensor } from '@fgam/compile';
import { batchSizeFor, roundUp } from '../batch-size.js';
import type { LanguageConfig } from '../config.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import { createKeyValueCache, type KeyValueCache } from './key-value-cache.js';
import type { Sequence } from './sequence.js';

/** A request and where it is in the batch. */
interface ActiveRow {
  readonly sequence: Sequence;
  /** Its row of the batch. */
  readonly at: number;
  /** Tokens in the cache before its prompt. */
  readonly offset: number;
  /** How far its tokens' positions are behind their places in the cache. */
  readonly shift: number;
}

/** Prompts are padded to multiples of this, caches to multiples of twice this: each new shape costs a capture. */
export const PROMPT_UNIT = 32;

/**
 * Reads the prompts of a batch into the cache and lets each sequence choose its first token.
 *
 * @returns for each sequence the tokens in the cache before its prompt: 0, or those of a prefix
 */
export type Prefill = (
  sequences: readonly Sequence[],
  cache: KeyValueCache,
  batch: number,
) => Promise<readonly number[]>;

/** What {@link decodeChunk} needs besides the sequences. */
export interface DecodeChunkOptions {
  readonly prefill: Prefill;
  /** Most tokens before a prompt. */
  readonly prefix: number;
  readonly maxBatch: number;
  readonly signal: AbortSignal | undefined;
  /** How far the positions of each sequence's new tokens are behind their places in the cache. Default: they are their places. */
  readonly shifts?: readonly number[] | undefined;
}

/** Decodes the requests of one batch to their ends: one prefill, then steps of one token a request. */
export async function decodeChunk(
  config: LanguageConfig,
  programs: Pick<DecodingPrograms, 'decodeStep'>,
  sequences: readonly Sequence[],
  { prefill, prefix, maxBatch, signal, shifts }: DecodeChunkOptions,
): Promise<void> {
  const longest = Math.max(...sequences.map(({ prompt, request }) => prompt.length + request.maxTokens));
  const capacity = prefix + roundUp(longest, 2 * PROMPT_UNIT);
  let batch = batchSizeFor(sequences.length, maxBatch);
  let cache = createKeyValueCache(config, batch, capacity);
  const offsets = await prefill(sequences, cache, batch);
  let active: readonly ActiveRow[] = sequences
    .map((sequence, at) => ({ sequence, at, offset: offsets[at] ?? 0, shift: shifts?.[at] ?? 0 }))
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
    for (const { sequence, at, offset, shift } of active) {
      step.ids.data[at] = sequence.tokens.at(-1) as number;
      step.lengths.data[at] = offset + cached(sequence);
      step.positions.data[at] = offset + cached(sequence) - shift;
    }
    const { ids, lengths, positions, logits } = step;
    const places = shifts === undefined ? { lengths } : { lengths, positions };
    await programs.decodeStep({ ids, ...places, ...cache.tensors }, { logits, ...cache.tensors });
    for (const { sequence, at } of active) sequence.accept(rowOf(logits, at));
    active = active.filter(({ sequence }) => !sequence.done);
  }
}

/** Tokens of a request's text that are in the cache: all but the one chosen last. */
function cached({ prompt, tokens }: Sequence): number {
  return prompt.length + tokens.length - 1;
}

/** What steps read and write beside the cache, in memory of their own. Rows without a request read token 0 and are not looked at. */
function stepTensors({ text_config: text }: LanguageConfig, batch: number) {
  return {
    ids: int32Zeros([batch]),
    lengths: int32Zeros([batch]),
    positions: int32Zeros([batch]),
    logits: float32Zeros([batch, text.vocab_size]),
  };
}

/** The row of a batch of logits. */
export function rowOf(tensor: HostTensor | undefined, row: number): ArrayLike<number> {
  const width = tensor?.shape.at(-1) ?? 0;
  return tensor?.data.subarray(row * width, (row + 1) * width) ?? [];
}
