import { collatePixels } from './collate-pixels.js';
import { FgamError } from './error.js';
import { float32Input, int32Input, type Float32Input, type Int32Input } from './host-array.js';
import type { Tokenize } from './token-cache.js';

/** One prompt with the answer to be learnt. */
export interface ConversationSegment {
  readonly prompt: string;
  readonly answer: string;
  /** Weight of its tokens in the loss. Default 1. */
  readonly weight?: number;
}

/** One image with its segments, which share the image's tokens and do not see each other. */
export interface ConversationRow {
  /** uint8 `[S, S, 3]`, from `loadPixels` or `PixelCache`; left out of all rows where a model reads texts alone. */
  readonly pixels?: Uint8Array;
  readonly segments: readonly ConversationSegment[];
}

/** Options of `collateConversations`. */
export interface CollateConversationsOptions {
  readonly rows: readonly ConversationRow[];
  /** Text to token ids, without end tokens; wrap it in `cacheTokens`. */
  readonly tokenize: Tokenize;
  /** Id put after each answer. */
  readonly eosId: number;
  /** Id of padding. Default 0. */
  readonly padId?: number;
  /** Longest row allowed. Default 512. */
  readonly maxTokens?: number;
  /** T is rounded up to a multiple of this, so that shapes repeat: each new shape costs a capture. Default 32. */
  readonly padToMultipleOf?: number;
  /** T itself, where every batch shall have one shape; then `maxTokens` is T. */
  readonly length?: number;
  /**
   * Segments lie in blocks of this many tokens, each in the first with room for it, and none crosses a
   * border: attention can then be computed block by block. Divides T; a segment that is longer than a block
   * does not fit anywhere. Default: T.
   */
  readonly blockLength?: number;
  /** A row beyond `maxTokens`: an error (default), or its last segments are left out and listed in `dropped`. */
  readonly overflow?: 'error' | 'drop';
}

/** The arrays of a conversation batch. T tokens a row. */
export type ConversationInputs = {
  /** float32 `[B, S, S, 3]`, `x / 127.5 - 1`; none where the rows have none */
  readonly pixels?: Float32Input;
  /** int32 `[B, T]`: `prompt answer <eos>` of each segment, one after another */
  readonly inputIds: Int32Input;
  /** int32 `[B, T]`: 1, 2, ... by segment; 0 is padding */
  readonly segmentIds: Int32Input;
  /** int32 `[B, T]`: 0, 1, ... from the start of each segment */
  readonly positions: Int32Input;
  /** int32 `[B, T]`: the next token of the same segment (logits at t predict `targets[t]`); else 0 */
  readonly targets: Int32Input;
  /** float32 `[B, T]`: the segment's weight where the target is of the answer or its `<eos>`; else 0 */
  readonly targetMask: Float32Input;
};

/** A conversation batch. */
export interface ConversationBatch {
  readonly inputs: ConversationInputs;
  /** Tokens that are not padding. */
  readonly tokens: number;
  /** Segments left out under `overflow: 'drop'`. */
  readonly dropped: readonly { readonly row: number; readonly segment: number; readonly tokens: number }[];
}

interface Encoded {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly weight: number;
  /** First token's place in the row. */
  readonly at: number;
}

/**
 * Packs conversations one image a row: `prompt answer <eos> prompt answer <eos> ...`, with the loss on answers alone
 * (m_t of the SFT loss is 0 on the prompt).
 *
 * @throws FgamError `data/bad-config` where a row is longer than `maxTokens` (all such rows are named), or
 * some rows have pixels and others none; `data/bad-record` where a prompt has no token, so that nothing could
 * predict the answer's first one
 * @example
 * ```ts
 * import { collateConversations } from '@fgam/data';
 * const { inputs } = collateConversations({
 *   rows: [{ pixels: new Uint8Array(12), segments: [{ prompt: 'aa b', answer: 'ccc' }] }],
 *   tokenize: (text) => text.split(' ').map((word) => word.length), eosId: 9, padToMultipleOf: 5,
 * });
 * if (inputs.inputIds.data.join() !== '2,1,3,9,0') throw new Error();
 * if (inputs.targets.data.join() !== '1,3,9,0,0' || inputs.targetMask.data.join() !== '0,1,1,0,0') throw new Error();
 * ```
 */
export function collateConversations(options: CollateConversationsOptions): ConversationBatch {
  const { rows, tokenize, eosId, padId = 0, padToMultipleOf = 32, length } = options;
  const maxTokens = length ?? options.maxTokens ?? 512;
  const blockLength = options.blockLength ?? Number.MAX_SAFE_INTEGER;
  if (rows.length === 0)
    throw new FgamError('data/bad-config', 'collateConversations: expected at least one row, got none');
  const dropped: { row: number; segment: number; tokens: number }[] = [];
  const tooLong: string[] = [];
  const encoded = rows.map((row, b) => {
    const kept: Encoded[] = [];
    const used: number[] = [];
    let end = 0;
    row.segments.forEach((segment, s) => {
      const prompt = tokenize(segment.prompt);
      const answer = tokenize(segment.answer);
      if (prompt.length === 0)
        throw new FgamError(
          'data/bad-record',
          `collateConversations: expected a prompt with tokens, got ${JSON.stringify(segment.prompt)} in row ${b}, segment ${s}`,
        );
      const tokens = prompt.length + answer.length + 1;
      const at = placeInBlocks(used, tokens, blockLength);
      if (options.overflow === 'drop' && at + tokens > maxTokens) {
        dropped.push({ row: b, segment: s, tokens });
        return;
      }
      used[Math.floor(at / blockLength)] = (at % blockLength) + tokens;
      end = Math.max(end, at + tokens);
      kept.push({ prompt, answer, weight: segment.weight ?? 1, at });
    });
    if (end > maxTokens) tooLong.push(`row ${b}: ${end}`);
    return { segments: kept, end };
  });
  if (tooLong.length > 0)
    throw new FgamError(
      'data/bad-config',
      `collateConversations: expected at most ${maxTokens} tokens a row, got ${tooLong.join(', ')}; ` +
        "raise maxTokens, give fewer segments a row, or set overflow to 'drop'",
    );
  const longest = encoded.reduce((most, row) => Math.max(most, row.end), 1);
  const T = length ?? Math.min(maxTokens, Math.ceil(longest / padToMultipleOf) * padToMultipleOf);
  if (options.blockLength !== undefined && T % options.blockLength !== 0)
    throw new FgamError(
      'data/bad-config',
      `collateConversations: expected blockLength to divide ${T} tokens, got ${options.blockLength}`,
    );

  const pixels = rows.flatMap((row) => (row.pixels === undefined ? [] : [row.pixels]));
  if (pixels.length > 0 && pixels.length < rows.length)
    throw new FgamError(
      'data/bad-config',
      `collateConversations: expected pixels in all rows or in none, got ${pixels.length} of ${rows.length}`,
    );
  const shape = [rows.length, T];
  const inputs: ConversationInputs = {
    ...(pixels.length === 0 ? {} : { pixels: collatePixels(pixels) }),
    inputIds: int32Input(shape, padId),
    segmentIds: int32Input(shape),
    positions: int32Input(shape),
    targets: int32Input(shape),
    targetMask: float32Input(shape),
  };
  let tokens = 0;
  encoded.forEach((row, b) => {
    row.segments.forEach(({ prompt, answer, weight, at }, s) => {
      let t = b * T + at;
      const count = prompt.length + answer.length + 1;
      for (let i = 0; i < count; i++, t++) {
        const afterPrompt = i - prompt.length;
        const id = afterPrompt < 0 ? prompt[i] : (answer[afterPrompt] ?? eosId);
        inputs.inputIds.data[t] = id as number;
        inputs.segmentIds.data[t] = s + 1;
        inputs.positions.data[t] = i;
        if (i === 0) continue;
        inputs.targets.data[t - 1] = id as number;
        if (afterPrompt >= 0) inputs.targetMask.data[t - 1] = weight;
      }
      tokens += count;
    });
  });
  return { inputs, tokens, dropped };
}

/** Where a segment goes: the first block with room for it; a segment longer than a block begins one of its own. */
function placeInBlocks(used: readonly number[], tokens: number, blockLength: number): number {
  const block = used.findIndex((length) => length + tokens <= blockLength);
  if (block >= 0) return block * blockLength + (used[block] as number);
  if (tokens > blockLength) return Number.POSITIVE_INFINITY;
  return used.length * blockLength;
}
