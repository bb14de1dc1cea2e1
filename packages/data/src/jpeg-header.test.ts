import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jpegHeader } from './jpeg-header.js';

const kinds = JSON.parse(
  readFileSync(new URL('../test-fixtures/jpeg-kinds.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;
const jpeg = (kind: string) => new Uint8Array(Buffer.from(kinds[kind] as string, 'base64'));

/** The place of a segment's marker. */
function segment(bytes: Uint8Array, marker: number): number {
  for (let at = 2; ; at += 2 + (bytes[at + 2] as number) * 256 + (bytes[at + 3] as number))
    if (bytes[at + 1] === marker) return at;
}

const SIZE = { width: 53, height: 39 };

describe('jpegHeader', () => {
  it('tells sizes, and whether metadata may say more', () => {
    for (const kind of ['4:2:2', '4:2:0 with restarts', '4:4:4 with restarts by rows', 'comment', 'grey'])
      expect(jpegHeader(jpeg(kind)), kind).toEqual({ ...SIZE, isBare: true });
    for (const kind of ['rgb', 'exif, upright'])
      expect(jpegHeader(jpeg(kind)), kind).toEqual({ ...SIZE, isBare: false });
  });

  it('knows nothing of other kinds', () => {
    expect(jpegHeader(jpeg('progressive 4:2:2'))).toBeUndefined();
    expect(jpegHeader(new Uint8Array())).toBeUndefined();
    expect(jpegHeader(Buffer.from('<!doctype html>'))).toBeUndefined();
    const plain = jpeg('4:2:2');
    const frame = segment(plain, 0xc0);
    const changes: readonly (readonly [string, number, number])[] = [
      ['12 bits', frame + 4, 12],
      ['two components', frame + 9, 2],
      ['four', frame + 9, 4],
      ['a quarter of the width', frame + 11, 0x41],
      ['half the height alone', frame + 11, 0x12],
      ['no factor', frame + 11, 0],
      ['arithmetic codes', frame + 1, 0xc9],
      ['a length of 0', frame + 3, 0],
      ['a length past the end', frame + 2, 0xff],
    ];
    for (const [what, at, value] of changes) expect(jpegHeader(plain.with(at, value)), what).toBeUndefined();
    expect(jpegHeader(plain.with(frame + 5, 0).with(frame + 6, 0)), 'no height').toBeUndefined();
    const length = 2 + (plain[frame + 3] as number);
    const twice = Buffer.concat([plain.subarray(0, frame + length), plain.subarray(frame)]);
    expect(jpegHeader(twice), 'two frames').toBeUndefined();
  });

  it('of a file that ends early', () => {
    const plain = jpeg('4:2:2');
    const scan = segment(plain, 0xda);
    for (let length = 0; length <= scan; length++)
      expect(jpegHeader(plain.subarray(0, length)), String(length)).toBeUndefined();
    expect(jpegHeader(plain.subarray(0, scan + 14))).toEqual({ ...SIZE, isBare: true });
  });
});
