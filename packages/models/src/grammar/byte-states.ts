import type { PatternStates } from './pattern-states.js';

/** A pattern over the bytes of UTF-8, its states made as they are met. */
export interface ByteStates {
  readonly start: number;
  /** The state after a byte; -1 where none of the pattern's texts goes on with it. */
  step(state: number, byte: number): number;
  isEnd(state: number): boolean;
}

/** Between two bytes. */
interface Place {
  readonly node: number;
  /** Bytes of a character that has begun at the node. */
  readonly begun: readonly number[];
  /** Bytes that any character still lacks that leads to the node: what begins alike there is one state. */
  readonly missing: number;
}

const UNKNOWN = -2;
const SURROGATES = { first: 0xd800, last: 0xdfff };

/**
 * The texts of a pattern as bytes. A blank may stand before each, which is not part of it: many tokens are
 * words with the blank before them.
 */
export function createByteStates({ edges, isEnd }: PatternStates): ByteStates {
  const places: Place[] = [];
  const found = new Map<string, number>();
  const steps: Int32Array[] = [];

  function indexOf(place: Place): number {
    const key = `${place.node} ${place.missing} ${place.begun.join()}`;
    const index = found.get(key) ?? places.length;
    if (index === places.length) {
      found.set(key, index);
      places.push(place);
      steps.push(new Int32Array(256).fill(UNKNOWN));
    }
    return index;
  }

  const at = (node: number): number => indexOf({ node, begun: [], missing: 0 });

  function follow({ node, begun, missing }: Place, byte: number): number {
    if (missing > 0) {
      if (!isContinuation(byte)) return -1;
      return missing === 1 ? at(node) : indexOf({ node, begun, missing: missing - 1 });
    }
    const bytes = [...begun, byte];
    const range = codePoints(bytes);
    if (range === undefined) return -1;
    const { first, last, lacking, isWhole } = range;
    const ways = (edges[node] ?? []).filter(({ min, max }) => min <= last && max >= first);
    const [way] = ways;
    if (way === undefined) return -1;
    if (lacking === 0) return at(way.to);
    const isOne = isWhole && way.min <= first && way.max >= last;
    return isOne
      ? indexOf({ node: way.to, begun: [], missing: lacking })
      : indexOf({ node, begun: bytes, missing: 0 });
  }

  function step(state: number, byte: number): number {
    const row = steps[state] as Int32Array;
    if (row[byte] === UNKNOWN) row[byte] = follow(places[state] as Place, byte);
    return row[byte] as number;
  }

  const first = at(0);
  // A node of its own: the blank is no character of the pattern.
  const start = indexOf({ node: 0, begun: [-1], missing: 0 });
  for (let byte = 0; byte < 256; byte++)
    (steps[start] as Int32Array)[byte] = byte === BLANK ? first : step(first, byte);
  return {
    start,
    step,
    isEnd(state) {
      const { node, begun, missing } = places[state] as Place;
      return missing === 0 && (begun.length === 0 || state === start) && isEnd[node] === true;
    },
  };
}

const BLANK = 0x20;

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

/**
 * The characters that begin with some bytes; undefined where none does. `isWhole`: all that the missing bytes
 * can spell are characters.
 */
function codePoints(bytes: readonly number[]) {
  const [lead = 0, ...rest] = bytes;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  const lacking = length - bytes.length;
  if (lacking < 0 || !rest.every(isContinuation)) return undefined;
  const bits = length === 1 ? lead : lead & (0xff >> (length + 1));
  const begun = rest.reduce((value, byte) => value * 64 + (byte - 0x80), bits);
  const [lowest, highest] = [begun * 64 ** lacking, (begun + 1) * 64 ** lacking - 1];
  // Shorter spellings of a character are not UTF-8.
  const first = Math.max(lowest, [0, 0, 0x80, 0x800, 0x10000][length] ?? 0);
  const last = Math.min(highest, 0x10ffff);
  const isSurrogate = first >= SURROGATES.first && last <= SURROGATES.last;
  if (first > last || isSurrogate) return undefined;
  const isWhole =
    first === lowest && last === highest && (last < SURROGATES.first || first > SURROGATES.last);
  return { first, last, lacking, isWhole };
}
