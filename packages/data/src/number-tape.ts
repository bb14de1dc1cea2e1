import { GrowingArray } from './growing-array.js';

/** How the numbers of a list are written: hundredths in a word; whole numbers in one word or two; doubles in four. */
const [HUNDREDTHS, WHOLE, DOUBLES] = [0, 1, 2];
const WORD = 2 ** 16;
/** Fifteen bits of a whole number; the word's top bit says that a second word follows. */
const HALF = 2 ** 15;

const double = new Float64Array(1);
const words = new Uint16Array(double.buffer);

/**
 * Lists of numbers in little memory, each bit kept. COCO's coordinates have two decimals and stay below 655.36, so that two
 * bytes hold each (`q / 100` is the double nearest to that decimal number, as its text is when parsed); run lengths are
 * whole. What is neither costs eight bytes.
 */
export class NumberTape {
  readonly #words = new GrowingArray(Uint16Array);

  /** Where the next list will begin. */
  get length(): number {
    return this.#words.length;
  }

  /** Appends a list. */
  write(list: readonly number[]): void {
    const tape = this.#words;
    const format = formatOf(list);
    tape.push(format);
    tape.push(list.length % WORD);
    tape.push(Math.floor(list.length / WORD));
    for (const value of list) {
      if (format === HUNDREDTHS) tape.push(Math.round(value * 100));
      else if (format === DOUBLES) {
        double[0] = value;
        for (const word of words) tape.push(word);
      } else if (value < HALF) tape.push(value);
      else {
        tape.push(HALF | (value % HALF));
        tape.push(Math.floor(value / HALF));
      }
    }
  }

  /** The list that begins at `start`, and where the next one does. */
  read(start: number): { readonly list: number[]; readonly end: number } {
    const tape = this.#words;
    const format = tape.at(start);
    const length = tape.at(start + 1) + tape.at(start + 2) * WORD;
    const list = new Array<number>(length);
    let end = start + 3;
    for (let index = 0; index < length; index++) {
      if (format === HUNDREDTHS) list[index] = tape.at(end++) / 100;
      else if (format === DOUBLES) {
        for (let part = 0; part < 4; part++) words[part] = tape.at(end++);
        list[index] = double[0] as number;
      } else {
        const low = tape.at(end++);
        list[index] = low < HALF ? low : low - HALF + tape.at(end++) * HALF;
      }
    }
    return { list, end };
  }
}

function formatOf(list: readonly number[]): number {
  // Masking and Object.is also tell apart what fits from what is too large, negative, -0 or of more decimals.
  if (list.every((value) => Object.is((Math.round(value * 100) & (WORD - 1)) / 100, value)))
    return HUNDREDTHS;
  return list.every((value) => Object.is(value & (HALF * WORD - 1), value)) ? WHOLE : DOUBLES;
}
