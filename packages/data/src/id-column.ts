import { GrowingArray } from './growing-array.js';

/** The id in the form in which equal ids are equal: `'7'` and `7` are one, `'07'` is another. */
export function idKey(id: number | string): number | string {
  if (typeof id === 'number') return id;
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}

/** Ids by row: eight bytes each where they are whole numbers. */
export class IdColumn {
  readonly #numbers = new GrowingArray(Float64Array);
  readonly #texts = new Map<number, string>();

  /** Appends an id. */
  push(id: number | string): void {
    const key = idKey(id);
    if (typeof key === 'string') this.#texts.set(this.#numbers.length, key);
    this.#numbers.push(typeof key === 'string' ? Number.NaN : key);
  }

  /** The `idKey` of a row's id. */
  at(row: number): number | string {
    return this.#texts.get(row) ?? this.#numbers.at(row);
  }
}
