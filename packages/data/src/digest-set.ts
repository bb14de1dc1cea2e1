import { hash } from 'node:crypto';

const WORDS = 4;

/**
 * A set of texts by the first 128 bits of their SHA-256: 16 bytes a place, 23 to 46 a text whatever its
 * length, and no limit at the 16.7 million entries of a `Set`.
 */
export class DigestSet {
  #table = new Uint32Array(1024 * WORDS);
  #size = 0;

  /** Number of texts. */
  get size(): number {
    return this.#size;
  }

  /** True where the text was added. */
  has(text: string): boolean {
    return !isFree(this.#table, place(this.#table, wordsOf(text)));
  }

  /** Adds a text; false where it was there. */
  add(text: string): boolean {
    if ((this.#size + 1) * WORDS > this.#table.length * 0.7) this.#grow();
    const words = wordsOf(text);
    const at = place(this.#table, words);
    if (!isFree(this.#table, at)) return false;
    this.#table.set(words, at);
    this.#size++;
    return true;
  }

  #grow(): void {
    const old = this.#table;
    const table = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += WORDS) {
      const words = old.subarray(from, from + WORDS);
      if (words[0] !== 0) table.set(words, place(table, words));
    }
    this.#table = table;
  }
}

function wordsOf(text: string): Uint32Array {
  const digest = hash('sha256', text, 'buffer');
  const words = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) words[i] = digest.readUInt32LE(i * 4);
  // Zeros mark a free place.
  if (words[0] === 0) words[0] = 1;
  return words;
}

function isFree(table: Uint32Array, at: number): boolean {
  return table[at] === 0;
}

/** Where these words are, or the free place for them. */
function place(table: Uint32Array, words: Uint32Array): number {
  const places = table.length / WORDS;
  const a = words[0] ?? 0;
  for (let i = a % places; ; i = (i + 1) % places) {
    const at = i * WORDS;
    if (isFree(table, at)) return at;
    if (table[at] !== a || table[at + 1] !== words[1]) continue;
    if (table[at + 2] === words[2] && table[at + 3] === words[3]) return at;
  }
}
