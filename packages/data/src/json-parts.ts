import { type FileHandle, open } from 'node:fs/promises';
import { parseJson, type TextPosition, unreadable } from './json.js';
import { decodeJson, type JsonPiece, JsonSplitter } from './json-splitter.js';

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

/** Bytes that are read at once. */
const READ = 1 << 22;
/** Bytes that are parsed at once: few enough that their values are garbage of V8's young generation when the next come. */
const BLOCK = 1 << 17;

/**
 * Streams a JSON file of any size: elements of the file's own array, or of the arrays that are an object's members, come
 * in lists of a block's worth. Members come in the file's order and as often as it has them: the last of a name counts.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 */
export async function* readJsonParts(path: string): AsyncGenerator<JsonPart, void, undefined> {
  const splitter = new JsonSplitter(path);
  for await (const block of readBlocks(path))
    for (const piece of splitter.push(block)) yield partOf(piece, path);
  for (const piece of splitter.end()) yield partOf(piece, path);
}

/** A file's bytes. Their memory is used again: new buffers would make V8 collect garbage all the time. */
async function* readBlocks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const read = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  const file: FileHandle = await read(open(path));
  try {
    const buffer = Buffer.allocUnsafeSlow(READ);
    for (;;) {
      const { bytesRead } = await read(file.read(buffer, 0, READ));
      if (bytesRead === 0) return;
      for (let start = 0; start < bytesRead; start += BLOCK)
        yield buffer.subarray(start, Math.min(bytesRead, start + BLOCK));
    }
  } finally {
    await file.close();
  }
}

function partOf(piece: JsonPiece, path: string): JsonPart {
  if (piece.kind === 'object' || piece.kind === 'array') return piece;
  const { kind, key, at, elements } = piece;
  if (kind === 'elements' && elements) return { kind, key, elements };
  const text = decodeJson(piece.bytes);
  if (kind === 'value') return { kind, key, value: parseJson(text, path, at), at };
  const before = { line: at.line, column: at.column - 1, byteOffset: at.byteOffset - 1 };
  return { kind, key, elements: parseJson(`[${text}]`, path, before) as unknown[] };
}
