import { NumberTape } from './number-tape.js';

/** Between texts of one picture: no text that `findTextFault` lets pass has it. */
const BETWEEN = '\0';

/** The rows of one picture. */
export interface RowsOfPicture {
  /** Those of the first row, then of the second, ... */
  readonly numbers: readonly number[];
  /** One a row; none where the rows have no texts. */
  readonly texts: readonly string[];
}

const NONE: RowsOfPicture = { numbers: [], texts: [] };

/**
 * Rows of a few numbers and a text each, by picture, in little memory: a picture's numbers are one
 * list of a `NumberTape`, its texts one string. Pictures may come in any order; what comes for one of
 * them at once is cheapest.
 */
export class PictureRows {
  readonly #tape = new NumberTape();
  readonly #places: Float64Array;
  readonly #texts: (string | undefined)[];

  /** @param pictures - number of pictures */
  constructor(pictures: number) {
    this.#places = new Float64Array(pictures).fill(-1);
    this.#texts = new Array<string | undefined>(pictures).fill(undefined);
  }

  /** Appends rows to those of a picture. */
  append(picture: number, rows: RowsOfPicture): void {
    if (rows.numbers.length === 0) return;
    const former = this.of(picture);
    const isFirst = former.numbers.length === 0;
    this.#places[picture] = this.#tape.write(isFirst ? rows.numbers : [...former.numbers, ...rows.numbers]);
    const texts = isFirst ? rows.texts : [...former.texts, ...rows.texts];
    if (texts.length > 0) this.#texts[picture] = texts.join(BETWEEN);
  }

  /** The rows of a picture, in the order in which they came. */
  of(picture: number): RowsOfPicture {
    const place = this.#places[picture] ?? -1;
    if (place < 0) return NONE;
    return { numbers: this.#tape.read(place), texts: this.#texts[picture]?.split(BETWEEN) ?? [] };
  }
}
