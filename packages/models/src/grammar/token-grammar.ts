import type { ByteStates } from './byte-states.js';
import type { TokenBytes } from './token-bytes.js';

/** Which tokens may follow each other so that a text matches a pattern. */
export interface TokenGrammar {
  readonly start: number;
  /** The state after a token; -1 where it may not be said. */
  next(state: number, token: number): number;
  /**
   * Tokens that a text needs at least to its end: 0 where it may end, infinite where no tokens of
   * the vocabulary spell one.
   */
  rest(state: number): number;
  /** Tokens that a text needs at least to its end if it does not end here; infinite where nothing can follow. */
  restBeyond(state: number): number;
  /** The text of tokens, without the blank that may stand before it. */
  textOf(tokens: readonly number[]): string;
}

/** A vocabulary in the order of its bytes. */
export interface SortedVocabulary {
  readonly size: number;
  readonly bytesOf: TokenBytes;
  readonly tokens: readonly number[];
  readonly bytes: readonly Uint8Array[];
  /** How many bytes each begins with that the one before it begins with, too. */
  readonly shared: Int32Array;
}

/** Sorts a vocabulary, so that what begins alike is read once. */
export function sortVocabulary(size: number, bytesOf: TokenBytes): SortedVocabulary {
  const entries = Array.from({ length: size }, (_, token) => ({ token, bytes: bytesOf(token) ?? EMPTY }))
    .filter(({ bytes }) => bytes.length > 0)
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const bytes = entries.map((entry) => entry.bytes);
  const shared = Int32Array.from(bytes, (each, i) => sharedLength(bytes[i - 1] ?? EMPTY, each));
  return { size, bytesOf, tokens: entries.map(({ token }) => token), bytes, shared };
}

const EMPTY = new Uint8Array();
/** Where more than this share of a vocabulary may follow, a table of it is smaller than a map. */
const DENSE = 1 / 16;

/**
 * Tokens for the states of a pattern, each state's once: those of text take a pass over the vocabulary, those
 * within a fixed word hardly more than its beginning.
 */
export function createTokenGrammar(pattern: ByteStates, vocabulary: SortedVocabulary): TokenGrammar {
  const follows = new Map<number, TokenTable>();
  const before = new Map<number, Set<number>>();
  const waiting = [pattern.start];
  const seen = new Set(waiting);
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const table = tokensFrom(state, pattern, vocabulary);
    follows.set(state, table);
    for (const to of table.states) {
      before.set(to, (before.get(to) ?? new Set()).add(state));
      if (seen.has(to)) continue;
      seen.add(to);
      waiting.push(to);
    }
  }
  const rests = distances(
    [...seen].filter((state) => pattern.isEnd(state)),
    before,
  );
  const rest = (state: number): number => rests.get(state) ?? Number.POSITIVE_INFINITY;
  const restsBeyond = new Map(
    [...follows].map(([state, { states }]) => [state, 1 + Math.min(...[...states].map(rest))]),
  );
  return {
    start: pattern.start,
    next: (state, token) => follows.get(state)?.next(token) ?? -1,
    rest,
    restBeyond: (state) => restsBeyond.get(state) ?? Number.POSITIVE_INFINITY,
    textOf: (tokens) =>
      Buffer.concat(tokens.map((token) => vocabulary.bytesOf(token) ?? EMPTY))
        .toString()
        .replace(/^ /, ''),
  };
}

/** The tokens that may follow a state. */
interface TokenTable {
  /** The state after a token, or -1. */
  readonly next: (token: number) => number;
  /** All states after a token. */
  readonly states: ReadonlySet<number>;
}

function tokensFrom(
  start: number,
  pattern: ByteStates,
  { size, tokens, bytes, shared }: SortedVocabulary,
): TokenTable {
  const table = new Int32Array(size).fill(-1);
  const found: number[] = [];
  const states = new Set<number>();
  // The states before and after each byte of the last token that was read, up to where it was lost.
  const path = [start];
  for (let i = 0; i < tokens.length; i++) {
    const common = shared[i] as number;
    if (path.length <= common) continue;
    const [token, spelled] = [tokens[i] as number, bytes[i] as Uint8Array];
    path.length = common + 1;
    let state = path[common] as number;
    for (let at = common; state >= 0 && at < spelled.length; at++) {
      state = pattern.step(state, spelled[at] as number);
      if (state >= 0) path.push(state);
    }
    if (state < 0) continue;
    table[token] = state;
    found.push(token);
    states.add(state);
  }
  if (found.length > DENSE * size) return { next: (token) => table[token] ?? -1, states };
  const few = new Map(found.map((token) => [token, table[token] as number]));
  return { next: (token) => few.get(token) ?? -1, states };
}

/** Steps from each state to the nearest of some, against the edges. */
function distances(
  ends: readonly number[],
  before: ReadonlyMap<number, ReadonlySet<number>>,
): Map<number, number> {
  const steps = new Map(ends.map((state) => [state, 0]));
  // A map goes on to what is added while it is read: nearest first.
  for (const [state, distance] of steps)
    for (const earlier of before.get(state) ?? []) if (!steps.has(earlier)) steps.set(earlier, distance + 1);
  return steps;
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}
