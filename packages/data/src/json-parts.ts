import { createReadStream } from 'node:fs';
import { FgamError } from './error.js';
import { parseJson, type TextPosition, unreadable } from './json.js';
import { type JsonPiece, JsonSplitter } from './json-splitter.js';

/**
 * A part of a JSON file in reading order: that the file is an object; that an array begins (the file, or a member of it);
 * the next elements of that array; a value that is no array. `key` is the member, null where the file is no object.
 */
export type JsonPart =
  | { readonly kind: 'object'; readonly at: TextPosition }
  | { readonly kind: 'array'; readonly key: string | null; readonly at: TextPosition }
  | { readonly kind: 'elements'; readonly key: string | null; readonly elements: readonly unknown[] }
  | {
      readonly kind: 'value';
      readonly key: string | null;
      readonly value: unknown;
      readonly at: TextPosition;
    };

/**
 * Bytes of a block: its values are young garbage when the next one comes, which V8 clears without copying. Blocks of
 * 1 MB took a quarter longer.
 */
const BLOCK = 1 << 18;

/**
 * Streams a JSON file of any size: elements of the file's own array, or of the arrays that are an object's members, come
 * in lists of a block's worth. Members come in the file's order and as often as it has them: the last of a name counts.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 */
export async function* readJsonParts(path: string): AsyncGenerator<JsonPart, void, undefined> {
  const splitter = new JsonSplitter(path);
  try {
    for await (const block of createReadStream(path, { highWaterMark: BLOCK }) as AsyncIterable<Buffer>)
      for (const piece of splitter.push(block)) yield partOf(piece, path);
  } catch (error) {
    if (error instanceof FgamError) throw error;
    throw unreadable(path, error);
  }
  for (const piece of splitter.end()) yield partOf(piece, path);
}

function partOf(piece: JsonPiece, path: string): JsonPart {
  if (piece.kind === 'object' || piece.kind === 'array') return piece;
  const { kind, key, at } = piece;
  const text = piece.bytes.toString('utf8');
  if (kind === 'value') return { kind, key, value: parseJson(text, path, at), at };
  const before = { line: at.line, column: at.column - 1, byteOffset: at.byteOffset - 1 };
  return { kind, key, elements: parseJson(`[${text}]`, path, before) as unknown[] };
}
