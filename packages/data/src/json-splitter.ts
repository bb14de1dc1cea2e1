import { isAscii } from 'node:buffer';
import { FgamError } from './error.js';
import { parseJson, START, type TextPosition } from './json.js';
import { JsonScanner, tableOf } from './json-scanner.js';

/** A piece of a JSON text; `key` is the member that it belongs to, null where the text is no object. */
export type JsonPiece =
  | { readonly kind: 'object'; readonly at: TextPosition }
  | { readonly kind: 'array'; readonly key: string | null; readonly at: TextPosition }
  | {
      /** The next whole elements of that array, with the commas between them; or a value that is no array. */
      readonly kind: 'elements' | 'value';
      readonly key: string | null;
      readonly bytes: Buffer;
      readonly at: TextPosition;
      /** The elements, where they had to be parsed to find their end. */
      readonly elements?: readonly unknown[];
    };

const [QUOTE, COMMA, COLON, NEWLINE] = [0x22, 0x2c, 0x3a, 0x0a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** UTF-8's byte order mark, which stands before the text where a Windows program wrote it. */
const MARK = Buffer.from('\uFEFF');
const BLANK = tableOf(' \t\r\n');
const VALUE_START = tableOf('"-0123456789tfn{');

/** Bytes of blanks, a bracket and a first key that are looked for. */
const LONGEST_HEAD = 256;

/** What guesses may cost at first, and what a wrong one does: where one in five is wrong, no more are made. */
const [CREDIT, WRONG] = [8, 4];

/** The text of bytes. Most is ASCII, which is decoded several times faster as the Latin-1 that it also is. */
export function decodeJson(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

function skipBlanks(block: Buffer, start: number): number {
  let index = start;
  while (index < block.length && BLANK[block[index] as number] === 1) index++;
  return index;
}

function isBlank(parts: readonly Buffer[]): boolean {
  return parts.every((part) => part.every((byte) => BLANK[byte] === 1));
}

/**
 * Cuts a JSON text that comes in blocks of bytes into the elements of its top-level arrays: of the text
 * itself, or of an object's members. No more than a block and one element is held.
 *
 * Only strings and nesting are looked at, and those not where objects follow one another. What is within a piece is for
 * `parseJson` to judge: where brackets do not match, no piece around them is valid JSON.
 */
export class JsonSplitter {
  readonly #path: string;
  #mode:
    | 'start'
    | 'first-key'
    | 'key'
    | 'in-key'
    | 'colon'
    | 'value'
    | 'in-value'
    | 'in-array'
    | 'after'
    | 'done' = 'start';
  #isObject = false;
  #key: string | null = null;
  #hasComma = false;
  /** Guesses are made while this is positive: each right one adds one. */
  #credit = CREDIT;
  readonly #scanner = new JsonScanner();
  /** Bytes of former blocks that belong to the piece under way, and where it begins. */
  #parts: Buffer[] = [];
  #at = START;

  /** @param path - named in errors */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The pieces that the next block completes. They are views of it: its memory may be used again
   * when they have been read.
   *
   * @throws FgamError `data/bad-json` with line, column and byte offset
   */
  push(block: Buffer): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    const isFirst = this.#mode === 'start' && this.#scanner.at(0).byteOffset === 0;
    const start = isFirst && block.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
    for (let index = start; index < block.length; ) {
      if (this.#mode === 'in-array') index = this.#readElements(block, index, pieces);
      else if (this.#mode === 'in-value') index = this.#readValue(block, index, pieces);
      else if (this.#mode === 'in-key') index = this.#readKey(block, index);
      else index = this.#readBetween(block, index, pieces);
    }
    this.#scanner.endBlock(block.length);
    return pieces;
  }

  /**
   * The pieces that the end of the text completes.
   *
   * @throws FgamError `data/bad-json` where the text is cut off
   */
  end(): JsonPiece[] {
    if (this.#mode === 'in-value' && !this.#isObject) return [this.#take('value')];
    if (this.#mode !== 'done') throw this.#fault('the end of the file before the end of the data', 0);
    return [];
  }

  /** Reads a byte between keys, values and arrays. Returns the index of the next. */
  #readBetween(block: Buffer, index: number, pieces: JsonPiece[]): number {
    const byte = block[index] as number;
    if (byte === NEWLINE) this.#scanner.breakLine(index);
    if (BLANK[byte] === 1) return index + 1;
    const refuse = (expected: string) =>
      this.#fault(`${JSON.stringify(String.fromCharCode(byte))} where ${expected} should be`, index);
    switch (this.#mode) {
      case 'first-key':
      case 'key':
        if (byte === CLOSE_OBJECT && this.#mode === 'first-key') this.#mode = 'done';
        else if (byte === QUOTE) this.#begin('in-key', index);
        else throw refuse('a property name');
        return byte === QUOTE ? index : index + 1;
      case 'colon':
        if (byte !== COLON) throw refuse('a colon');
        this.#mode = 'value';
        return index + 1;
      case 'after':
        if (byte === COMMA) this.#mode = 'key';
        else if (byte === CLOSE_OBJECT) this.#mode = 'done';
        else throw refuse('a comma or the end of the object');
        return index + 1;
      case 'done':
        throw refuse('the end of the file');
      default:
    }
    if (byte === OPEN_ARRAY) {
      pieces.push({ kind: 'array', key: this.#key, at: this.#scanner.at(index) });
      this.#begin('in-array', index + 1);
      return index + 1;
    }
    if (byte === OPEN_OBJECT && this.#mode === 'start') {
      pieces.push({ kind: 'object', at: this.#scanner.at(index) });
      this.#isObject = true;
      this.#mode = 'first-key';
      return index + 1;
    }
    if (VALUE_START[byte] === 0) throw refuse('a value');
    this.#begin('in-value', index);
    return index;
  }

  #readElements(block: Buffer, start: number, pieces: JsonPiece[]): number {
    const isBetween = this.#parts.length === 0;
    if (this.#credit > 0 && isBetween) {
      const next = this.#guessElements(block, start, pieces);
      if (next > start) return next;
    }
    const firstOnly = this.#credit > 0 && !isBetween;
    const { end, comma, afterComma } = this.#scanner.scanArray(block, start, firstOnly);
    let from = start;
    if (comma >= 0) {
      this.#parts.push(block.subarray(from, comma));
      if (isBlank(this.#parts)) throw this.#fault('"," where a value should be', comma);
      pieces.push(this.#take('elements'));
      this.#hasComma = true;
      this.#at = afterComma;
      from = comma + 1;
      if (comma === end) return from;
    }
    if (end === block.length) return this.#keep(block, from);
    this.#parts.push(block.subarray(from, end));
    if (!isBlank(this.#parts)) pieces.push(this.#take('elements'));
    else if (this.#hasComma) throw this.#fault('"]" where a value should be', end);
    this.#mode = this.#isObject ? 'after' : 'done';
    return end + 1;
  }

  /**
   * Where the last element that is whole within the block seems to end: before a comma and what this element
   * begins with up to its first colon (objects within it begin otherwise). Nowhere after `start` if nothing
   * else begins so; at the last `},` if it is no element.
   */
  #lastEnd(block: Buffer, start: number): number {
    const begin = skipBlanks(block, start);
    const head = block.subarray(begin, block.indexOf(COLON, begin));
    if (head.length === 0 || head.length > LONGEST_HEAD) return block.lastIndexOf('},') + 1;
    const next = block.lastIndexOf(head);
    if (next <= begin) return start;
    let comma = next - 1;
    while (BLANK[block[comma] as number] === 1) comma--;
    return block[comma] === COMMA && block[comma - 1] === CLOSE_OBJECT ? comma : block.lastIndexOf('},') + 1;
  }

  /**
   * Elements from here, where one begins, to the end of the block's last one, as it seems: if they can be
   * parsed, that is the end of an element, and no byte was looked at twice. If not (it is within an element,
   * as of COCO's run lengths, or the array ends before it), the block's bytes are looked at. Returns where
   * the next element begins, or `start`.
   */
  #guessElements(block: Buffer, start: number, pieces: JsonPiece[]): number {
    const end = this.#lastEnd(block, start);
    if (end <= start) return start;
    const bytes = block.subarray(start, end);
    let elements: unknown[];
    try {
      elements = JSON.parse(`[${decodeJson(bytes)}]`) as unknown[];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#credit -= WRONG;
      return start;
    }
    this.#credit++;
    pieces.push({ kind: 'elements', key: this.#key, bytes, at: this.#at, elements });
    this.#scanner.breakLines(block, start, end);
    this.#hasComma = true;
    this.#at = this.#scanner.at(end + 1);
    return end + 1;
  }

  #readValue(block: Buffer, start: number, pieces: JsonPiece[]): number {
    const end = this.#scanner.scan(block, start, (byte) => this.#isObject && byte !== CLOSE_ARRAY);
    if (end === block.length) return this.#keep(block, start);
    this.#parts.push(block.subarray(start, end));
    pieces.push(this.#take('value'));
    this.#mode = 'after';
    return end;
  }

  #readKey(block: Buffer, start: number): number {
    const quote = this.#parts.length === 0 ? 1 : 0;
    const end = this.#scanner.skipString(block, start + quote);
    if (this.#scanner.inString) return this.#keep(block, start);
    this.#parts.push(block.subarray(start, end));
    this.#key = parseJson(Buffer.concat(this.#parts).toString('utf8'), this.#path, this.#at) as string;
    this.#mode = 'colon';
    return end;
  }

  #begin(mode: 'in-key' | 'in-value' | 'in-array', index: number): void {
    this.#mode = mode;
    this.#at = this.#scanner.at(index);
    this.#parts = [];
    this.#scanner.begin();
    this.#hasComma = false;
    this.#credit = CREDIT;
  }

  #take(kind: 'elements' | 'value'): JsonPiece {
    const [first, second] = this.#parts;
    const bytes = first && !second ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    return { kind, key: this.#key, bytes, at: this.#at };
  }

  /** Copies the rest of a block, which belongs to the piece under way. */
  #keep(block: Buffer, from: number): number {
    if (from < block.length) this.#parts.push(Buffer.from(block.subarray(from)));
    return block.length;
  }

  #fault(problem: string, index: number): FgamError {
    const { line, column, byteOffset } = this.#scanner.at(index);
    return new FgamError(
      'data/bad-json',
      `${this.#path}:${line}:${column} (byte ${byteOffset}): expected valid JSON, got: ${problem}; ` +
        'the file may be cut off or of another format: fetch or write it again',
    );
  }
}
