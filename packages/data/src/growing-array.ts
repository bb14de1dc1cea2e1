/** Typed arrays that a `GrowingArray` is made of. */
export type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array;

const SHIFT = 16;
const MASK = (1 << SHIFT) - 1;

/** A typed array to which numbers can be appended. It grows by blocks, so that nothing is copied or held twice. */
export class GrowingArray {
  readonly #create: (length: number) => Numbers;
  readonly #blocks: Numbers[] = [];
  #length = 0;

  /** @param type - the element type; numbers that it can't hold are rounded as typed arrays do */
  constructor(type: new (length: number) => Numbers) {
    this.#create = (length) => new type(length);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const at = this.#length++ & MASK;
    if (at === 0) this.#blocks.push(this.#create(MASK + 1));
    (this.#blocks[this.#blocks.length - 1] as Numbers)[at] = value;
  }

  /** NaN where there is none. */
  at(index: number): number {
    return this.#blocks[index >>> SHIFT]?.[index & MASK] ?? Number.NaN;
  }
}
