import { START, type TextPosition } from './json.js';

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT] = [0x5b, 0x5d, 0x7b];
/** Bytes that matter between strings: outside of all nesting, and within it. */
const OUTER = tableOf('"[]{},\n');
const INNER = tableOf('"[]{}\n');

/** A table of bytes: 1 for those of the characters. */
export function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * Goes over a JSON text that comes in blocks of bytes, looking at strings, nesting and lines alone.
 * It knows where in the text it is, and, from block to block, whether within a string and how deep
 * within the value under way.
 */
export class JsonScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = START.line;
  /** Byte at which the line begins. */
  #lineStart = START.byteOffset;
  /** Bytes before the current block. */
  #base = START.byteOffset;

  /** True where the last block ended within a string. */
  get inString(): boolean {
    return this.#inString;
  }

  /** Begins a value. */
  begin(): void {
    this.#depth = 0;
    this.#inString = false;
  }

  /** Goes on to the next block. */
  endBlock(length: number): void {
    this.#base += length;
  }

  /**
   * Goes on until `isEnd` takes a comma or a closing bracket outside of all nesting. Returns its
   * index, or the block's length.
   */
  scan(block: Buffer, start: number, isEnd: (byte: number, index: number) => boolean): number {
    let depth = this.#depth;
    let relevant = depth === 0 ? OUTER : INNER;
    let index = this.#inString ? this.skipString(block, start) : start;
    for (; index < block.length; index++) {
      const byte = block[index] as number;
      if (relevant[byte] === 0) continue;
      if (byte === QUOTE) index = this.skipString(block, index + 1) - 1;
      else if (byte === NEWLINE) this.breakLine(index);
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth++;
        relevant = INNER;
      } else if (depth > 0) {
        depth--;
        if (depth === 0) relevant = OUTER;
      } else if (isEnd(byte, index)) break;
    }
    this.#depth = depth;
    return index;
  }

  /**
   * Goes on until the closing bracket of the array under way.
   *
   * @param firstOnly - end at the next comma outside of all nesting too
   * @returns `end`: index of that byte, or the block's length; the last comma passed: its index, -1 for none,
   * and its place in the text
   */
  scanArray(block: Buffer, start: number, firstOnly: boolean) {
    let comma = -1;
    let [line, lineStart] = [0, 0];
    const end = this.scan(block, start, (byte, index) => {
      if (byte === COMMA) {
        comma = index;
        line = this.#line;
        lineStart = this.#lineStart;
      }
      return byte === CLOSE_ARRAY || (byte === COMMA && firstOnly);
    });
    const byteOffset = this.#base + comma + 1;
    return { end, comma, afterComma: { line, column: byteOffset - lineStart + 1, byteOffset } };
  }

  /** Goes on from within a string to behind its closing quote, or to the block's end. */
  skipString(block: Buffer, start: number): number {
    let escaped = this.#escaped && this.#inString;
    for (let index = start; index < block.length; index++) {
      const byte = block[index] as number;
      if (byte === NEWLINE) this.breakLine(index);
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return index + 1;
      }
    }
    this.#inString = true;
    this.#escaped = escaped;
    return block.length;
  }

  /** Counts the lines that end in a part of the block that was not scanned. */
  breakLines(block: Buffer, start: number, end: number): void {
    for (let at = block.indexOf(NEWLINE, start); at >= 0 && at < end; at = block.indexOf(NEWLINE, at + 1))
      this.breakLine(at);
  }

  /** Says that a line ends at this byte of the block. */
  breakLine(index: number): void {
    this.#line++;
    this.#lineStart = this.#base + index + 1;
  }

  /** Where a byte of the block is in the text. */
  at(index: number): TextPosition {
    const byteOffset = this.#base + index;
    return { line: this.#line, column: byteOffset - this.#lineStart + 1, byteOffset };
  }
}
