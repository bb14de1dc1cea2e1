import { batchSizeFor, roundUp } from '../batch-size.js';
import type { ExecutionOptions } from '../execution.js';
import { decodeRows } from './decode-rows.js';
import { createDecodingPrograms, type DecodedModel } from './decoding-programs.js';
import type { DecodingRow } from './decoding-row.js';
import { createKeyValueCache, type KeyValueCache } from './key-value-cache.js';
import { createKeptPrompts } from './kept-prompts.js';
import type { DecodingStats } from './model-request.js';
import { PROMPT_UNIT } from './reading-group.js';

/** Options of {@link createDecodingEngine}. */
export interface DecodingEngineOptions extends ExecutionOptions {
  readonly maxBatch: number;
  /** Bytes of keys and values of prompts and answers that are kept between calls. */
  readonly promptCacheBytes: number;
  /**
   * Tokens that must be gained where a draft is taken up again. Default: as many as are said in that
   * time, by the model's size.
   */
  readonly worth?: number;
}

/** Continues prompts, whatever their model. */
export interface DecodingEngine {
  /** Decodes rows to their ends. @throws the signal's reason, between two steps */
  decode(rows: readonly DecodingRow[], signal: AbortSignal | undefined): Promise<void>;
  readonly stats: DecodingStats;
  dispose(): Promise<void>;
}

/**
 * How much longer than needed rows of a cache may be that is used again: where attention is
 * composed it looks at all of it.
 */
const SLACK = 4;

/** The decoder of a model with its cache: allocated once and used again by the calls that it has room for. */
export function createDecodingEngine(
  model: DecodedModel & { readonly imageTokenId: number },
  options: DecodingEngineOptions,
): DecodingEngine {
  const { config, imageTokenId } = model;
  const programs = createDecodingPrograms(model, options);
  const { maxBatch, promptCacheBytes, worth = programs.wideWorth } = options;
  const kept = createKeptPrompts(config, promptCacheBytes);
  const stats = { promptTokens: 0, readTokens: 0, steps: 0, draftTokens: 0, acceptedTokens: 0 };
  let spare: KeyValueCache | undefined;

  /** The cache, which is this call's until it gives it back. */
  function takeCache(rows: number, places: number): KeyValueCache {
    const found = spare;
    spare = undefined;
    const fits =
      found !== undefined &&
      found.rows >= rows &&
      found.capacity >= places &&
      found.capacity <= SLACK * places;
    return fits ? found : createKeyValueCache(config, rows, places);
  }

  return {
    async decode(rows, signal) {
      if (rows.length === 0) return;
      const longest = Math.max(...rows.map(placesOf));
      const cache = takeCache(
        batchSizeFor(Math.min(rows.length, maxBatch), maxBatch),
        roundUp(longest, 2 * PROMPT_UNIT),
      );
      try {
        // The longest begin: what is left in the end is short.
        const order = [...rows].sort((a, b) => placesOf(b) - placesOf(a));
        await decodeRows(order, {
          config,
          imageTokenId,
          programs,
          cache,
          kept,
          maxBatch,
          worth,
          signal,
          stats,
        });
      } finally {
        spare = cache;
      }
    },
    stats,
    dispose: () => programs.dispose(),
  };
}

/** Places of the cache that a row may fill. */
function placesOf({ ids, sequence }: DecodingRow): number {
  return ids.length + sequence.request.maxTokens;
}
