/** How the numbers of a list are written: hundredths in a word; whole numbers in one word or two; doubles in four. */
const [HUNDREDTHS, WHOLE, DOUBLES] = [0, 1, 2];
/** A list's head: its format, then its length in two words. */
const HEAD = 3;
const WORD = 2 ** 16;
/** Fifteen bits of a whole number; the word's top bit says that a second word follows. */
const HALF = 2 ** 15;
/** Words of a block. A list lies in one block; a longer one has a block to itself. */
const BLOCK = 2 ** 18;

const double = new Float64Array(1);
const doubleWords = new Uint16Array(double.buffer);

/**
 * Lists of numbers in little memory, each bit kept. COCO's coordinates have two decimals and stay
 * below 655.36, so that two bytes hold each (`q / 100` is the double nearest to that decimal number, as its
 * text is when parsed); run lengths are whole. What is neither costs eight bytes.
 */
export class NumberTape {
  readonly #blocks: Uint16Array[] = [];
  #block = new Uint16Array(0);
  #end = 0;

  /** Appends a list. Returns its place. */
  write(list: readonly number[]): number {
    const most = HEAD + list.length;
    if (!this.#fits(most)) this.#open(most);
    let start = this.#end;
    if (!this.#writeHundredths(list)) {
      // Two words a whole number, four a double.
      const whole = list.every((value) => Object.is(value & (HALF * WORD - 1), value));
      const words = HEAD + list.length * (whole ? 2 : 4);
      if (!this.#fits(words)) this.#open(words);
      start = this.#end;
      if (whole) this.#writeWhole(list);
      else this.#writeDoubles(list);
    }
    return (this.#blocks.length - 1) * BLOCK + start;
  }

  /** The list at a place. */
  read(place: number): number[] {
    const block = this.#blocks[Math.floor(place / BLOCK)] as Uint16Array;
    let at = place % BLOCK;
    const format = block[at] as number;
    const length = (block[at + 1] as number) + (block[at + 2] as number) * WORD;
    at += HEAD;
    const list = new Array<number>(length);
    if (format === HUNDREDTHS) {
      for (let index = 0; index < length; index++) list[index] = (block[at + index] as number) / 100;
    } else if (format === WHOLE) {
      for (let index = 0; index < length; index++) {
        const low = block[at++] as number;
        list[index] = low < HALF ? low : low - HALF + (block[at++] as number) * HALF;
      }
    } else {
      for (let index = 0; index < length; index++) {
        for (let part = 0; part < 4; part++) doubleWords[part] = block[at++] as number;
        list[index] = double[0] as number;
      }
    }
    return list;
  }

  #fits(words: number): boolean {
    return this.#end < BLOCK && this.#end + words <= this.#block.length;
  }

  #open(words: number): void {
    this.#block = new Uint16Array(Math.max(BLOCK, words));
    this.#blocks.push(this.#block);
    this.#end = 0;
  }

  #head(format: number, length: number): number {
    const block = this.#block;
    block[this.#end] = format;
    block[this.#end + 1] = length % WORD;
    block[this.#end + 2] = Math.floor(length / WORD);
    return this.#end + HEAD;
  }

  /** False, with nothing written, where a number has more decimals, is negative or too large. */
  #writeHundredths(list: readonly number[]): boolean {
    const block = this.#block;
    const at = this.#head(HUNDREDTHS, list.length);
    for (let index = 0; index < list.length; index++) {
      const value = list[index] as number;
      const word = Math.round(value * 100) & (WORD - 1);
      if (!Object.is(word / 100, value)) return false; // -0 is not 0 here
      block[at + index] = word;
    }
    this.#end = at + list.length;
    return true;
  }

  #writeWhole(list: readonly number[]): void {
    const block = this.#block;
    let at = this.#head(WHOLE, list.length);
    for (const value of list) {
      if (value < HALF) block[at++] = value;
      else {
        block[at++] = HALF | (value % HALF);
        block[at++] = Math.floor(value / HALF);
      }
    }
    this.#end = at;
  }

  #writeDoubles(list: readonly number[]): void {
    const block = this.#block;
    let at = this.#head(DOUBLES, list.length);
    for (const value of list) {
      double[0] = value;
      for (let part = 0; part < 4; part++) block[at++] = doubleWords[part] as number;
    }
    this.#end = at;
  }
}
