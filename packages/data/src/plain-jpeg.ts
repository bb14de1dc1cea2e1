import { unjpegWasm } from './generated/unjpeg-wasm.js';
import type { RgbImage } from './pixel-image.js';
import { type PlainJpegHeader, readPlainJpegHeader } from './plain-jpeg-header.js';
import { ZIGZAG } from './zigzag.js';
import { instantiateWasm, reserve, type WasmMemory } from './wasm.js';

/** What `assembly/unjpeg.ts` exports. */
interface Decoder {
  readonly memory: WasmMemory;
  clean(from: number, end: number, to: number): number;
  cleanEnd(): number;
  decodeBlocks(
    data: number,
    dataEnd: number,
    tables: number,
    unitsAcross: number,
    unitsDown: number,
    h: number,
    v: number,
    yPlane: number,
    cbPlane: number,
    crPlane: number,
    block: number,
  ): number;
  colourRow(y: number, cb: number, cr: number, width: number, rgb: number): void;
  widenRow(row: number, width: number, to: number): void;
  widenRows(row: number, neighbour: number, width: number, to: number): void;
}

/** Larger images are left to sharp: the memory never shrinks. */
const MAX_PIXELS = 2 ** 23;
const [PLACES_AT, HUFFMAN_AT] = [384, 512];
/** Of a Huffman table: values of the next ten bits, ends and offsets by length, values. */
const [ENDS_AT, OFFSETS_AT, VALUES_AT, HUFFMAN_BYTES] = [2048, 2120, 2192, 2448];
const TABLE_BYTES = 16_384;

let decoder: Decoder | undefined;

/**
 * The pixels of a JPEG of the usual kind (`readPlainJpegHeader`), the bytes that libjpeg gives; undefined for every other file, also where its data
 * is broken in any way: it is then sharp's to read or to refuse.
 *
 * libvips takes 1 ms of a core for any JPEG beside the decoder's own time.
 */
export function decodePlainJpeg(
  file: Uint8Array,
  options: { readonly icc: boolean; readonly maxPixels: number },
): RgbImage | undefined {
  const header = readPlainJpegHeader(file, options.icc);
  if (!header) return undefined;
  const { width, height, sampling } = header;
  const [h, v] = sampling;
  // libjpeg widens narrower planes in another way.
  if (width * height > Math.min(MAX_PIXELS, options.maxPixels) || (h > 1 && width < 6)) return undefined;

  const [unitsAcross, unitsDown] = [Math.ceil(width / (8 * h)), Math.ceil(height / (8 * v))];
  const [yStride, cStride] = [unitsAcross * 8 * h, unitsAcross * 8];
  const scan = file.subarray(header.scanAt);
  const rowBytes = align(width + 64);
  const places = layout([
    TABLE_BYTES,
    scan.length + 64,
    scan.length + 128,
    yStride * unitsDown * 8 * v,
    cStride * unitsDown * 8,
    cStride * unitsDown * 8,
    256,
    rowBytes,
    rowBytes,
    width * height * 3 + 64,
  ]);
  const [
    tables = 0,
    raw = 0,
    data = 0,
    y = 0,
    cb = 0,
    cr = 0,
    block = 0,
    cbRow = 0,
    crRow = 0,
    rgb = 0,
    end = 0,
  ] = places;
  decoder ??= instantiateWasm<Decoder>(unjpegWasm);
  const { memory } = decoder;
  const bytes = reserve(memory, end);
  writeTables(memory.buffer, tables, header);
  bytes.set(scan, raw);
  bytes.fill(0, raw + scan.length, raw + scan.length + 16);
  const marker = decoder.clean(raw, raw + scan.length, data) - raw;
  if (scan[marker] !== 0xff || scan[marker + 1] !== 0xd9) return undefined;
  const dataEnd = decoder.cleanEnd();
  if (!decoder.decodeBlocks(data, dataEnd, tables, unitsAcross, unitsDown, h, v, y, cb, cr, block))
    return undefined;

  const halfWidth = Math.ceil(width / 2);
  const halfRows = Math.ceil(height / v);
  for (let row = 0; row < height; row++) {
    const half = Math.floor(row / v);
    const neighbour = Math.min(halfRows - 1, Math.max(0, half + (row % 2 === 0 ? -1 : 1)));
    const widened = [cb, cr].map((plane, i) => {
      const at = plane + half * cStride;
      const to = i === 0 ? cbRow : crRow;
      if (h === 1) return at;
      if (v === 1) decoder?.widenRow(at, halfWidth, to);
      else decoder?.widenRows(at, plane + neighbour * cStride, halfWidth, to);
      return to;
    });
    decoder.colourRow(y + row * yStride, widened[0] ?? 0, widened[1] ?? 0, width, rgb + row * width * 3);
  }
  return { data: bytes.slice(rgb, rgb + width * height * 3), width, height, channels: 3 };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Where parts of these lengths begin, and the end. */
function layout(lengths: readonly number[]): number[] {
  let at = 0;
  const places = lengths.map((length) => {
    const start = at;
    at += align(length) + 64;
    return start;
  });
  return [...places, at];
}

function writeTables(memory: ArrayBuffer, at: number, { components }: PlainJpegHeader): void {
  const steps = new Int16Array(memory, at, 192);
  components.forEach((component, c) =>
    ZIGZAG.forEach((place, index) => {
      steps[c * 64 + place] = component.steps[index] as number;
    }),
  );
  new Uint8Array(memory, at + PLACES_AT, 80).fill(64).set(ZIGZAG);
  components.forEach(({ dc, ac }, c) => {
    writeHuffman(memory, at + HUFFMAN_AT + c * 2 * HUFFMAN_BYTES, dc);
    writeHuffman(memory, at + HUFFMAN_AT + (c * 2 + 1) * HUFFMAN_BYTES, ac);
  });
}

/** Canonical codes (T.81, annex C): those of ten bits at most by what they begin with, longer ones by their ends. */
function writeHuffman(memory: ArrayBuffer, at: number, table: Uint8Array): void {
  const quick = new Uint16Array(memory, at, 1024).fill(0);
  const ends = new Int32Array(memory, at + ENDS_AT, 18).fill(0);
  const offsets = new Int32Array(memory, at + OFFSETS_AT, 18).fill(0);
  new Uint8Array(memory, at + VALUES_AT, 256).fill(0).set(table.subarray(16, 272));
  let [code, index] = [0, 0];
  for (let length = 1; length <= 16; length++, code <<= 1) {
    const count = table[length - 1] as number;
    offsets[length] = index - code;
    if (length <= 10)
      for (let i = 0; i < count; i++) {
        const start = (code + i) << (10 - length);
        quick.fill((length << 8) | (table[16 + index + i] as number), start, start + (1 << (10 - length)));
      }
    code += count;
    index += count;
    if (count > 0) ends[length] = code << (16 - length);
  }
}
