/** A piece of a region of memory, used or free. */
interface Chunk {
  readonly region: number;
  readonly start: number;
  size: number;
  isFree: boolean;
  before: Chunk | undefined;
  after: Chunk | undefined;
}

/** A place in an arena. */
export type Place = Chunk;

/** Where a runtime's allocator would put values, by their sizes alone. */
export interface Arena {
  take(bytes: number): Place;
  give(place: Place): void;
  /** Bytes that were ever written to: what of its regions a process has in memory. */
  touched(): number;
}

const GRAIN = 256;
const FIRST_REGION = 2 ** 20;
const LARGEST_GROWTH = 2 ** 30;
/** A larger rest is cut off a chunk in any case. */
const DEAD_BYTES = 128 * 2 ** 20;

/**
 * onnxruntime's arena (`BFCArena`, default settings), without memory: the smallest free chunk that is large
 * enough, cut where the rest is as large again; neighbours that are free are joined; a new region, twice as
 * large as the one before, where none fits. What it wastes so is a good part of what training takes.
 */
export function createArena(): Arena {
  const free = new Set<Chunk>();
  const written: { readonly region: number; readonly start: number; readonly end: number }[] = [];
  let regions = 0;
  let regionBytes = FIRST_REGION;

  function extended(size: number): Chunk {
    const isLarge = size > regionBytes;
    while (size > regionBytes) regionBytes *= 2;
    const chunk: Chunk = {
      region: regions++,
      start: 0,
      size: regionBytes,
      isFree: true,
      before: undefined,
      after: undefined,
    };
    if (!isLarge && regionBytes < LARGEST_GROWTH) regionBytes *= 2;
    return chunk;
  }

  function fitting(size: number): Chunk | undefined {
    let best: Chunk | undefined;
    for (const chunk of free)
      if (chunk.size >= size && (best === undefined || isBefore(chunk, best))) best = chunk;
    return best;
  }

  return {
    take(bytes) {
      const size = Math.max(GRAIN, GRAIN * Math.ceil(bytes / GRAIN));
      const chunk = fitting(size) ?? extended(size);
      free.delete(chunk);
      if (chunk.size >= 2 * size || chunk.size - size >= DEAD_BYTES) {
        const { region, start, after } = chunk;
        const rest: Chunk = {
          region,
          start: start + size,
          size: chunk.size - size,
          isFree: true,
          before: chunk,
          after,
        };
        if (after !== undefined) after.before = rest;
        chunk.after = rest;
        chunk.size = size;
        free.add(rest);
      }
      chunk.isFree = false;
      written.push({ region: chunk.region, start: chunk.start, end: chunk.start + bytes });
      return chunk;
    },
    give(place) {
      let chunk = place;
      chunk.isFree = true;
      if (chunk.after?.isFree === true) {
        free.delete(chunk.after);
        join(chunk);
      }
      if (chunk.before?.isFree === true) {
        chunk = chunk.before;
        free.delete(chunk);
        join(chunk);
      }
      free.add(chunk);
    },
    touched() {
      let [total, region, end] = [0, -1, 0];
      for (const each of written.toSorted((a, b) => a.region - b.region || a.start - b.start)) {
        if (each.region !== region) [region, end] = [each.region, 0];
        total += Math.max(0, each.end - Math.max(end, each.start));
        end = Math.max(end, each.end);
      }
      return total;
    },
  };
}

function isBefore(a: Chunk, b: Chunk): boolean {
  return a.size - b.size < 0 || (a.size === b.size && (a.region - b.region || a.start - b.start) < 0);
}

/** Takes the chunk after one into it. */
function join(chunk: Chunk): void {
  const { after } = chunk;
  if (after === undefined) return;
  chunk.size += after.size;
  chunk.after = after.after;
  if (after.after !== undefined) after.after.before = chunk;
}
