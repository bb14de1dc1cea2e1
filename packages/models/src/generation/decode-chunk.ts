import { setImmediate } from 'node:timers/promises';
import type { HostTensor } from '@fgam/compile';
import { batchSizeFor, roundUp } from '../batch-size.js';
import type { ModelConfig } from '../config.js';
import { visionGrid } from '../vision-grid.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { createKeyValueCache, type KeyValueCache, type PrefixCache } from './key-value-cache.js';
import type { Sequence } from './sequence.js';

/** A request with the keys and values of its image; none for text alone. */
export interface ChunkRow {
  readonly sequence: Sequence;
  readonly prefix: PrefixCache | undefined;
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
  let active = rows.map((row, at) => ({ ...row, at })).filter(({ sequence }) => !sequence.done);
  let inputs: StepInputs | undefined;
  while (active.length > 0) {
    // Lets timers and signals of the caller through: a run may not yield by itself.
    await setImmediate();
    signal?.throwIfAborted();
    const smaller = batchSizeFor(active.length, maxBatch);
    if (smaller < batch) {
      const next = createKeyValueCache(config, smaller, capacity);
      for (const [row, { at, sequence }] of active.entries())
        next.copyRow(row, cache, at, prefix + cached(sequence));
      active = active.map((row, at) => ({ ...row, at }));
      [batch, cache, inputs] = [smaller, next, undefined];
    }
    const last = active.map(({ sequence, at, prefix: image }) => ({
      at,
      tokens: sequence.tokens.slice(-1),
      start: cached(sequence),
      hasImage: image !== undefined,
    }));
    if (inputs === undefined) inputs = stepInputs(last, batch, 1, prefix, capacity);
    else goOn(inputs, last, prefix, capacity);
    const outputs = await programs.decodeStep({ ...inputs, ...cache.inputs() });
    for (const { sequence, at } of active) {
      cache.append(at, prefix + cached(sequence), 1, outputs['entries'] as HostTensor, at);
      sequence.accept(rowOf(outputs.logits, at));
    }
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
  for (const [at, row] of rows.entries()) {
    if (row.prefix === undefined) continue;
    images.writePrefix(at, row.prefix);
    cache.writePrefix(at, row.prefix);
  }
  const steps = rows.map(({ sequence, prefix: image }, at) => ({
    at,
    tokens: sequence.prompt,
    start: 0,
    hasImage: image !== undefined,
  }));
  const outputs = await programs.prefill({
    ...stepInputs(steps, batch, length, prefix, prefix),
    ...images.inputs(),
  });
  for (const [at, { sequence }] of rows.entries()) {
    cache.append(at, prefix, sequence.prompt.length, outputs['entries'] as HostTensor, at);
    sequence.accept(rowOf(outputs.logits, at));
  }
}

/** Tokens of a request that are in the cache: all but the one chosen last. */
function cached({ prompt, tokens }: Sequence): number {
  return prompt.length + tokens.length - 1;
}

interface StepRow {
  readonly at: number;
  readonly tokens: readonly number[];
  /** Position of the first of them. */
  readonly start: number;
  readonly hasImage: boolean;
}

/** The small inputs of the extend program, in memory of their own. */
type StepInputs = Readonly<Record<'ids' | 'positions' | 'pick' | 'seen', HostTensor>>;

/** The small inputs of the extend program; rows without a request see nothing of the cache. */
function stepInputs(
  rows: readonly StepRow[],
  batch: number,
  length: number,
  prefix: number,
  capacity: number,
): StepInputs {
  const ids = new Int32Array(batch * length);
  const positions = new Int32Array(batch * length);
  const pick = new Float32Array(batch * length);
  const seen = new Float32Array(batch * capacity);
  for (const { at, tokens, start, hasImage } of rows) {
    ids.set(tokens, at * length);
    for (let t = 0; t < length; t++) positions[at * length + t] = start + t;
    pick[at * length + tokens.length - 1] = 1;
    const row = at * capacity;
    if (hasImage) seen.fill(1, row, row + prefix);
    seen.fill(1, row + prefix, row + prefix + start);
  }
  return {
    ids: { shape: [batch, length], dtype: 'int32', data: ids },
    positions: { shape: [batch, length], dtype: 'int32', data: positions },
    pick: { shape: [batch, length], dtype: 'float32', data: pick },
    seen: { shape: [batch, capacity], dtype: 'float32', data: seen },
  };
}

/** Writes the inputs of the next step over those of the last: each row has one more token in the cache. */
function goOn(
  { ids, positions, seen }: StepInputs,
  rows: readonly StepRow[],
  prefix: number,
  capacity: number,
): void {
  for (const { at, tokens, start } of rows) {
    ids.data[at] = tokens.at(-1) as number;
    positions.data[at] = start;
    seen.data[at * capacity + prefix + start - 1] = 1;
  }
}

function rowOf(tensor: HostTensor | undefined, row: number): ArrayLike<number> {
  const width = tensor?.shape.at(-1) ?? 0;
  return tensor?.data.subarray(row * width, (row + 1) * width) ?? [];
}
