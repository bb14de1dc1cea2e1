import { batchSizeFor } from '../batch-size.js';
import type { LanguageConfig } from '../config.js';
import type { DecodingPrograms } from './decoding-programs.js';
import type { DecodingRow } from './decoding-row.js';
import { createDraftFollower, type DraftFollower } from './draft-follower.js';
import { createGuessFollower } from './guess-follower.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import type { KeyValueCache } from './key-value-cache.js';
import type { KeptPrompts, KnownPrompt } from './kept-prompts.js';
import type { DecodingStats } from './model-request.js';
import { promptPositions } from './prompt-positions.js';
import { readGroup, type ReadPrompt } from './read-group.js';
import { SHARED_LEAST, takeGroup } from './reading-group.js';
import { STEP_WIDTH, stepWide } from './step-wide.js';
import { tokenScores } from './token-scores.js';

/** A wide step takes a row without a proposal no further than a narrow one: one row in so many must have one. */
const FEWEST_FOLLOWING = 2;

/** What rows are decoded with. */
export interface DecodingRoom {
  readonly config: LanguageConfig;
  readonly imageTokenId: number;
  readonly programs: Pick<DecodingPrograms, 'read' | 'decodeStep'>;
  /** Has room for as many rows as are decoded together, and for the longest. */
  readonly cache: KeyValueCache;
  readonly kept: KeptPrompts;
  readonly maxBatch: number;
  /** Tokens of a draft that a wide step must save. */
  readonly worth: number;
  readonly signal: AbortSignal | undefined;
  /** Is added to. */
  readonly stats: { -readonly [Name in keyof DecodingStats]: DecodingStats[Name] };
}

/** A row on its way. */
interface ActiveRow extends DecodingRow {
  /** How far its tokens' positions are behind their places. */
  readonly shift: number;
  readonly follower: DraftFollower;
}

/**
 * Decodes requests to their ends, as many at a time as the cache has rows: where one ends, the next one's
 * prompt is read into its row while the others go on from where they are.
 *
 * @throws the signal's reason, between two steps
 */
export async function decodeRows(rows: readonly DecodingRow[], room: DecodingRoom): Promise<void> {
  const { config, cache, kept, maxBatch, signal, stats } = room;
  const waiting = [...rows];
  const slots: (ActiveRow | undefined)[] = [];
  const isShifted = config.text_config.mrope_section !== undefined;
  const steps = new Map<number, ReturnType<typeof stepTensors>>();

  function* known(): Generator<KnownPrompt> {
    for (const [row, active] of slots.entries())
      if (active !== undefined) yield { units: active.units, tensors: cache.tensors, row };
    yield* kept.all;
  }

  /**
   * Reads prompts into free rows: not for one row alone while many are going on, as reading
   * several costs little more.
   */
  async function admit(): Promise<void> {
    const free = () => cache.rows - slots.filter((active) => active !== undefined).length;
    if (free() < Math.min(waiting.length, Math.max(1, Math.floor(cache.rows / 8)))) return;
    while (waiting.length > 0 && free() > 0) {
      const group = takeGroup(waiting, free(), known);
      for await (const batch of readGroup(room, group, maxBatch)) {
        for (const prompt of batch) place(prompt);
        signal?.throwIfAborted();
      }
    }
  }

  function place({ reading, entries, scoresAfter }: ReadPrompt): void {
    const { row: first, source, start, twins } = reading;
    stats.readTokens += first.ids.length - start;
    for (const row of [first, ...twins]) {
      const hole = slots.indexOf(undefined);
      const slot = hole < 0 ? slots.length : hole;
      if (source !== undefined) cache.write(slot, 0, start, source);
      cache.write(slot, start, row.ids.length + row.draft.length - start, entries);
      stats.promptTokens += row.ids.length;
      stats.draftTokens += row.draft.length;
      stats.acceptedTokens += row.sequence.verify(row.draft, scoresAfter);
      const shift = isShifted ? promptPositions(row.ids, room.imageTokenId, row.visual).shift : 0;
      slots[slot] = { ...row, shift, follower: followerOf(row, room.worth) };
      leave(slot);
    }
    if (source !== undefined) kept.touch(source);
  }

  /** Frees a row that is done; what it has read is kept where a prompt could gain by it. */
  function leave(slot: number): void {
    const { sequence, units, prefix } = slots[slot] as ActiveRow;
    if (!sequence.done) return;
    const said = [...units, ...sequence.tokens.slice(0, -1)];
    if (said.length >= (prefix?.length ?? 0) + SHARED_LEAST)
      kept.keep({ units: said, tensors: cache.tensors, row: slot });
    slots[slot] = undefined;
  }

  /** Moves rows to the front where fewer are enough. */
  function shrink(): void {
    const active = slots.filter((row) => row !== undefined).length;
    if (batchSizeFor(active, maxBatch) < batchSizeFor(slots.length, maxBatch)) {
      for (let slot = active; slot < slots.length; slot++) {
        const row = slots[slot];
        if (row === undefined) continue;
        const hole = slots.indexOf(undefined);
        cache.write(hole, 0, cached(row), { tensors: cache.tensors, row: slot });
        [slots[hole], slots[slot]] = [row, undefined];
      }
      slots.length = active;
    }
  }

  /** One more token in each row. */
  async function goOn(): Promise<void> {
    const batch = batchSizeFor(slots.length, maxBatch);
    const step = steps.get(batch) ?? stepTensors(config, batch);
    steps.set(batch, step);
    const { ids, lengths, positions, logprobs, best } = step;
    for (let slot = 0; slot < batch; slot++) {
      const row = slots[slot];
      // Rows without a request read token 0 at place 0 and are not looked at.
      const length = row === undefined ? 0 : cached(row);
      ids.data[slot] = row?.sequence.tokens.at(-1) ?? 0;
      lengths.data[slot] = length;
      positions.data[slot] = length - (row?.shift ?? 0);
    }
    const memory = cache.first(batch);
    const places = isShifted ? { lengths, positions } : { lengths };
    await room.programs.decodeStep({ ids, ...places, ...memory }, { logprobs, best, ...memory });
    const scores = tokenScores(logprobs, best);
    for (const [slot, row] of slots.entries()) {
      if (row === undefined) continue;
      row.sequence.accept(scores(slot));
      leave(slot);
    }
  }

  /** One more token in each row, and as many of those proposed as are chosen. */
  async function goOnWide(proposals: readonly (readonly number[])[]): Promise<void> {
    const rows = Array.from({ length: batchSizeFor(slots.length, maxBatch) }, (_, slot) => {
      const row = slots[slot];
      if (row === undefined) return undefined;
      const ids = [row.sequence.tokens.at(-1) ?? 0, ...(proposals[slot] ?? [])];
      return { ids, length: cached(row), position: cached(row) - row.shift };
    });
    const { entries, scoresAfter } = await stepWide(room, rows, cache.first(rows.length));
    for (const [slot, row] of slots.entries()) {
      if (row === undefined) continue;
      const [proposed, place] = [proposals[slot] ?? [], cached(row)];
      const count = row.sequence.verify(proposed, (at) => scoresAfter(slot, at));
      cache.write(slot, place, 1 + count, { tensors: entries, row: slot });
      if (proposed.length > 0) row.follower.taken(count);
      stats.draftTokens += proposed.length;
      stats.acceptedTokens += count;
      leave(slot);
    }
  }

  for (;;) {
    signal?.throwIfAborted();
    await admit();
    shrink();
    if (slots.every((row) => row === undefined)) {
      if (waiting.length === 0) return;
      continue;
    }
    signal?.throwIfAborted();
    const proposals = slots.map((row) => (row === undefined ? [] : proposalOf(row)));
    const following = proposals.filter(({ length }) => length > 0).length;
    const active = slots.filter((row) => row !== undefined).length;
    await (following * FEWEST_FOLLOWING >= active && following > 0 ? goOnWide(proposals) : goOn());
    stats.steps += 1;
  }
}

function followerOf({ draft, guess }: DecodingRow, worth: number): DraftFollower {
  return guess === undefined ? createDraftFollower(draft, worth) : createGuessFollower(guess, worth);
}

/** What a row's draft has for a wide step; the answer's last token is never proposed. */
function proposalOf({ follower, sequence }: ActiveRow): readonly number[] {
  const left = sequence.request.maxTokens - sequence.tokens.length;
  return follower.propose(sequence.tokens, Math.min(STEP_WIDTH, left) - 1);
}

/** Tokens of a row that are in the cache: all but the one chosen last. */
function cached({ ids, sequence }: DecodingRow): number {
  return ids.length + sequence.tokens.length - 1;
}

/** What steps read and write beside the cache, in memory of their own. */
function stepTensors({ text_config: text }: LanguageConfig, batch: number) {
  return {
    ids: int32Zeros([batch]),
    lengths: int32Zeros([batch]),
    positions: int32Zeros([batch]),
    logprobs: float32Zeros([batch, text.vocab_size]),
    best: int32Zeros([batch]),
  };
}
