import { parseJson, type TextPosition } from './json.js';
import { decodeJson, type JsonPiece, JsonSplitter } from './json-splitter.js';
import { readBlocks } from './read-blocks.js';

/**
 * A part of a JSON file in reading order: that the file is an object; that an array begins (the file, or a
 * member of it); the next elements of that array; a value that is no array. `key` is the member, null
 * where the file is no object.
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
 * Bytes that are parsed at once: few enough that their values are garbage of V8's young
 * generation when the next come.
 */
const BLOCK = 1 << 17;

/**
 * Streams a JSON file of any size: elements of the file's own array, or of the arrays that are an object's
 * members, come in lists of at most a block's worth. Members come in the file's order and as often as it has them:
 * the last of a name counts.
 *
 * @throws FgamError `data/bad-json` with line, column and byte offset; `data/missing-file`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readJsonParts } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'parts-')), 'instances.json');
 * await writeFile(path, '{"info": {"year": 2017}, "images": [{"id": 1}, {"id": 2}]}');
 * const kinds = [];
 * const images = [];
 * for await (const part of readJsonParts(path)) {
 *   // One array's elements come in as many lists as the reading of the file makes of them.
 *   if (part.kind === 'elements' && part.key === 'images') images.push(...part.elements);
 *   else kinds.push(part.kind === 'object' ? 'object' : `${part.kind} ${part.key}`);
 * }
 * if (kinds.join() !== 'object,value info,array images') throw new Error(kinds.join());
 * if (JSON.stringify(images) !== '[{"id":1},{"id":2}]') throw new Error(JSON.stringify(images));
 * ```
 */
export async function* readJsonParts(path: string): AsyncGenerator<JsonPart, void, undefined> {
  const splitter = new JsonSplitter(path);
  for await (const block of readBlocks(path, BLOCK))
    for (const piece of splitter.push(block)) yield partOf(piece, path);
  for (const piece of splitter.end()) yield partOf(piece, path);
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
