import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSplitter, type JsonPiece } from './json-splitter.js';

/** The pieces of a text that comes in blocks which end at the given bytes. */
function piecesOf(text: string, cuts: readonly number[] = []): JsonPiece[] {
  const bytes = Buffer.from(text);
  const splitter = new JsonSplitter('x.json');
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const block = Buffer.alloc(bytes.length);
  let start = 0;
  const pieces: JsonPiece[] = [];
  for (const end of ends) {
    const length = bytes.copy(block, 0, start, end);
    // The block's memory is used again, so what is kept must have been copied.
    for (const piece of splitter.push(block.subarray(0, length)))
      pieces.push('bytes' in piece ? { ...piece, bytes: Buffer.from(piece.bytes) } : piece);
    start = end;
  }
  return [...pieces, ...splitter.end()];
}

/** What the pieces say, put together again. */
function valueOf(pieces: readonly JsonPiece[]): unknown {
  let whole: unknown;
  const members: [string, unknown][] = [];
  for (const piece of pieces) {
    if (piece.kind === 'object') continue;
    const text = 'bytes' in piece ? piece.bytes.toString() : '[]';
    const value: unknown = JSON.parse(piece.kind === 'elements' ? `[${text}]` : text);
    const last = members.at(-1)?.[1] ?? whole;
    if (piece.kind === 'elements' && Array.isArray(last)) last.push(...(value as unknown[]));
    else if (piece.key === null) whole = value;
    else members.push([piece.key, value]);
  }
  return pieces[0]?.kind === 'object' ? Object.fromEntries(members) : whole;
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe('JsonSplitter', () => {
  it('gives what JSON.parse gives, wherever the blocks end', () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.string({ unit: 'binary' }), fc.array(fc.jsonValue({ stringUnit: 'binary' }))),
    );
    fc.assert(
      fc.property(json, fc.constantFrom(0, 1, '\t'), cuts, (value, indent, ends) => {
        const text = JSON.stringify(value, null, indent);
        expect(valueOf(piecesOf(text, ends))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('is not misled by what looks like the end of an element', () => {
    const values = [{ a: [{ b: 1 }, { c: '},' }] }, { d: { e: 'é},{"' }, f: 2 }, [{}, {}], { g: [] }];
    for (const text of [JSON.stringify({ values, more: values }), JSON.stringify(values, null, 1)])
      for (let cut = 0; cut <= Buffer.byteLength(text); cut++)
        expect(valueOf(piecesOf(text, [cut, cut + 7, cut + 50]))).toEqual(JSON.parse(text));
  });

  it.each(['{\n  "é": [1,\n 2, 3],\n "b": {"c": [4]}}', '[{"é":\n 1},\n\n {"b": 2}, {\n"c": 3},\n 4]'])(
    'says where each piece of %j begins',
    (text) => {
      const bytes = Buffer.from(text);
      for (let cut = 0; cut <= bytes.length; cut++)
        for (const piece of piecesOf(text, [cut])) {
          if (!('bytes' in piece)) continue;
          const { at } = piece;
          expect(bytes.subarray(at.byteOffset, at.byteOffset + piece.bytes.length)).toEqual(piece.bytes);
          const before = bytes.subarray(0, at.byteOffset).toString().split('\n');
          expect(at.line).toBe(before.length);
          expect(at.column).toBe(Buffer.byteLength(before.at(-1) ?? '') + 1);
        }
    },
  );

  it('refuses every text that is cut off', () => {
    const text = JSON.stringify({ a: [{ b: 'x"]}' }, [2]], c: { d: [] }, '"]': 'e' }, null, 1);
    for (let length = 0; length < text.length; length++)
      expect(() => valueOf(piecesOf(text.slice(0, length), [length >> 1]))).toThrow(
        /^x\.json:\d+:\d+ \(byte \d+\): expected valid JSON/,
      );
  });

  it.each([
    ['an empty file', '', ':1:1 (byte 0)'],
    ['no JSON', '\n oops', ':2:2 (byte 2)'],
    ['two values', '{}\n{}', ':2:1 (byte 3)'],
    ['something after an array', '[1] [2]', ':1:5 (byte 4)'],
    ['a trailing comma of an array', '[1, 2,]', ':1:7 (byte 6)'],
    ['a trailing comma of an object', '{"a": 1,}', ':1:9 (byte 8)'],
    ['a comma without a value', '{"a": [,1]}', ':1:8 (byte 7)'],
    ['a key without quotes', '{a: 1}', ':1:2 (byte 1)'],
    ['no colon', '{"a" 1}', ':1:6 (byte 5)'],
    ['no comma after an array', '{"a": [] "b": 1}', ':1:10 (byte 9)'],
    ['no value', '{"a": , "b": 1}', ':1:7 (byte 6)'],
    ['a comment', '{"a": 1, // no\n"b": 2}', ':1:10 (byte 9)'],
  ])('refuses %s, wherever the blocks end', (_, text, where) => {
    for (let cut = 0; cut <= Buffer.byteLength(text); cut++)
      expect(() => piecesOf(text, [cut])).toThrow(where);
  });
});
