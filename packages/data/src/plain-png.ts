import { crc32, inflateSync } from 'node:zlib';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Chunks that change nothing about the pixels. */
const HARMLESS = new Set(['pHYs', 'tEXt', 'zTXt', 'iTXt', 'tIME', 'sRGB']);

/**
 * The pixels of a PNG of the simplest kind (`size` x `size`, 8-bit RGB, not interlaced, no colour
 * profile, whole, checksums right), uint8 `[size, size, 3]`; undefined for every other file, which is
 * then sharp's to read or to refuse.
 *
 * sharp spends about 1 ms of a core on any image, which is all of the time that a small one takes: this
 * takes 0.15 ms for 64 x 64.
 */
export function decodePlainPng(file: Uint8Array, size: number): Uint8Array | undefined {
  if (file.length < 57 || SIGNATURE.some((byte, i) => file[i] !== byte)) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  let ended = false;
  for (let at = 8; at + 12 <= file.length && !ended; ) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > file.length) return undefined;
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (crc32(file.subarray(at + 4, end)) !== view.getUint32(end)) return undefined;
    if (at === 8) {
      const [depth, colour, compression, filter, interlace] = file.subarray(at + 16, at + 21);
      const plain = depth === 8 && colour === 2 && compression === 0 && filter === 0 && interlace === 0;
      const fits = view.getUint32(at + 8) === size && view.getUint32(at + 12) === size;
      if (type !== 'IHDR' || length !== 13 || !plain || !fits) return undefined;
    } else if (type === 'IDAT') parts.push(file.subarray(at + 8, end));
    else if (type === 'IEND') ended = true;
    else if (!HARMLESS.has(type)) return undefined;
    at = end + 4;
  }
  return ended ? unfilter(parts, size) : undefined;
}

/** PNG's row filters undone (PNG specification, 9.2), three bytes a pixel. */
function unfilter(parts: readonly Uint8Array[], size: number): Uint8Array | undefined {
  const width = size * 3;
  let rows: Uint8Array;
  try {
    rows = inflateSync(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), {
      maxOutputLength: size * (width + 1) + 1,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined; // broken data: sharp says how
    throw error;
  }
  if (rows.length !== size * (width + 1)) return undefined;
  const pixels = new Uint8Array(size * width);
  for (let row = 0; row < size; row++) {
    const from = row * (width + 1) + 1;
    const to = row * width;
    const up = to - width;
    const filter = rows[from - 1];
    for (let i = 0; i < width; i++) {
      const left = i < 3 ? 0 : (pixels[to + i - 3] as number);
      const above = row === 0 ? 0 : (pixels[up + i] as number);
      let guess: number;
      if (filter === 0) guess = 0;
      else if (filter === 1) guess = left;
      else if (filter === 2) guess = above;
      else if (filter === 3) guess = (left + above) >> 1;
      else if (filter === 4)
        guess = paeth(left, above, row === 0 || i < 3 ? 0 : (pixels[up + i - 3] as number));
      else return undefined;
      pixels[to + i] = (rows[from + i] as number) + guess;
    }
  }
  return pixels;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
