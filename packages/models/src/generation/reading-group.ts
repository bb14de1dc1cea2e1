import { roundUp } from '../batch-size.js';
import type { DecodingRow } from './decoding-row.js';
import type { CacheRow } from './key-value-cache.js';
import { type KnownPrompt, sharedUnits } from './kept-prompts.js';

/** Prompts are padded to multiples of this, caches to multiples of twice this: each new shape costs a capture. */
export const PROMPT_UNIT = 32;
/** Least that is taken from a prompt that begins alike, beyond an image: less is read as fast. */
export const SHARED_LEAST = 32;
/** Room for what is taken is a multiple of this: where it ends within is no shape of its own. */
const SHARED_UNIT = 128;
/** Waiting requests that are looked through for those that can be read together. */
const WINDOW = 64;

/** How a prompt is read: what is taken from elsewhere, and what is read after it. */
export interface Reading {
  readonly row: DecodingRow;
  /** Where the first `start` places come from; undefined where there are none. */
  readonly source: CacheRow | undefined;
  readonly start: number;
  /** Rows of the same prompt and draft, which is read for them too. */
  readonly twins: DecodingRow[];
}

/** Prompts that are read in one shape. */
export interface ReadingGroup {
  readonly readings: readonly Reading[];
  /** Places a row for what is taken from elsewhere. */
  readonly room: number;
  /** Tokens a row after the start, padding included. */
  readonly length: number;
  /** Places a row after which logits are wanted: the prompt's last and those of the draft, padding included. */
  readonly picks: number;
}

/**
 * Takes rows from those that wait, in their order: the first, and those that are read in the same shape. A
 * row that begins as one of them does waits until that one has been read.
 *
 * @param waiting - is shortened by the rows that are taken
 * @param most - rows that there is room for
 */
export function takeGroup(
  waiting: DecodingRow[],
  most: number,
  known: () => Iterable<KnownPrompt>,
): ReadingGroup {
  const readings: Reading[] = [];
  let shape = { room: 0, length: 0, picks: 0 };
  const passed: DecodingRow[] = [];
  let taken = 0;
  for (const row of waiting.splice(0, WINDOW)) {
    const twin = readings.find((reading) => isTwin(reading.row, row));
    if (taken === most) passed.push(row);
    else if (twin !== undefined) {
      twin.twins.push(row);
      taken += 1;
    } else {
      const reading = readingOf(row, known);
      const own = shapeOf(reading);
      if (readings.length === 0) shape = own;
      const fits = own.room === shape.room && own.length === shape.length && own.picks === shape.picks;
      if (fits && !readings.some((other) => wouldShare(other.row, reading))) {
        readings.push(reading);
        taken += 1;
      } else passed.push(row);
    }
  }
  waiting.unshift(...passed);
  return { readings, ...shape };
}

/** Of the known prompts the one that has most in common; the prompt's last token is always read. */
function readingOf(row: DecodingRow, known: () => Iterable<KnownPrompt>): Reading {
  const { prefix } = row;
  let source: CacheRow | undefined = prefix && { tensors: prefix.tensors, row: 0 };
  let start = prefix?.length ?? 0;
  if (usable(row, row.ids.length) > start) {
    for (const prompt of known()) {
      const shared = usable(row, sharedUnits(prompt.units, row.units));
      if (shared > start) [source, start] = [prompt, shared];
    }
  }
  return { row, source, start, twins: [] };
}

/** How many of the first so many places are taken from elsewhere. */
function usable({ prefix, ids }: DecodingRow, shared: number): number {
  const base = prefix?.length ?? 0;
  const most = Math.min(shared, ids.length - 1);
  return most - base < SHARED_LEAST ? base : most;
}

function shapeOf({ row: { ids, draft, prefix }, start }: Reading): Omit<ReadingGroup, 'readings'> {
  return {
    // An image alone fills its room.
    room: start === (prefix?.length ?? 0) ? start : roundUp(start, SHARED_UNIT),
    length: roundUp(ids.length + draft.length - start, PROMPT_UNIT),
    picks: draft.length === 0 ? 1 : roundUp(1 + draft.length, PROMPT_UNIT),
  };
}

function isTwin(a: DecodingRow, b: DecodingRow): boolean {
  return isSame(a.units, b.units) && isSame(a.draft, b.draft);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && sharedUnits(a, b) === a.length;
}

/** Whether more could be taken from a row once it is read than now. */
function wouldShare({ units }: DecodingRow, { row, start }: Reading): boolean {
  return usable(row, sharedUnits(units, row.units)) > start;
}
