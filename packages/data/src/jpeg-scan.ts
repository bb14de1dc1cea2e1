import { jpegWasm } from './generated/jpeg-wasm.js';
import { quantizationSteps } from './jpeg-header.js';
import { CHROMINANCE_AC, CHROMINANCE_DC, LUMINANCE_AC, LUMINANCE_DC } from './jpeg-tables.js';
import type { RgbImage } from './pixel-image.js';
import { ZIGZAG } from './zigzag.js';
import { instantiateWasm, reserve, type WasmMemory } from './wasm.js';

/** What `assembly/jpeg.ts` exports. */
interface Encoder {
  readonly memory: WasmMemory;
  begin(): void;
  encodeRows(
    pixels: number,
    width: number,
    rows: number,
    work: number,
    stride: number,
    tables: number,
    out: number,
  ): number;
  end(out: number): number;
}

const PAGE = 2 ** 16;
/** Rows of pixels that are coded together. */
const BAND = 16;
const TABLE_BYTES = 4096;
const [PLACES_AT, ZIGZAG_AT, DC_AT, AC_AT] = [512, 576, 640, 768];
/** Most bytes of 16 x 16 pixels: six blocks of 64 codes of 16 and 11 bits, a zero after every byte. */
const MOST_BYTES = 6 * 64 * 8;

let encoder: Encoder | undefined;

/** The entropy-coded data of a JPEG whose header is `jpegHeader`'s, as chunks, and the marker that ends the file. */
export function jpegScan({ data, width, height }: RgbImage, quality: number): Uint8Array[] {
  const stride = (width + 31) & ~15;
  const workAt = TABLE_BYTES;
  const pixelsAt = workAt + stride * (3 * BAND + BAND) + 512;
  const outAt = (pixelsAt + width * BAND * 3 + 64) & ~15;
  const most = Math.ceil(width / BAND) * MOST_BYTES;
  const outEnd = outAt + Math.max(PAGE, 2 * most);

  encoder ??= instantiate();
  const { memory } = encoder;
  const bytes = reserve(memory, outEnd + PAGE);
  writeTables(memory.buffer, quality);
  encoder.begin();
  const chunks: Uint8Array[] = [];
  let out = outAt;
  for (let row = 0; row < height; row += BAND) {
    const rows = Math.min(BAND, height - row);
    bytes.set(data.subarray(row * width * 3, (row + rows) * width * 3), pixelsAt);
    out = encoder.encodeRows(pixelsAt, width, rows, workAt, stride, 0, out);
    if (out + most < outEnd) continue;
    chunks.push(bytes.slice(outAt, out));
    out = outAt;
  }
  out = encoder.end(out);
  bytes[out++] = 0xff;
  bytes[out++] = 0xd9;
  chunks.push(bytes.slice(outAt, out));
  return chunks;
}

function instantiate(): Encoder {
  const made = instantiateWasm<Encoder>(jpegWasm);
  const bytes = reserve(made.memory, TABLE_BYTES);
  bytes.set(ZIGZAG, PLACES_AT);
  ZIGZAG.forEach((place, index) => {
    bytes[ZIGZAG_AT + place] = index;
  });
  const words = new Uint32Array(made.memory.buffer);
  [LUMINANCE_DC, CHROMINANCE_DC].forEach((table, i) => words.set(codesOf(table, 16), DC_AT / 4 + i * 16));
  [LUMINANCE_AC, CHROMINANCE_AC].forEach((table, i) => words.set(codesOf(table, 256), AC_AT / 4 + i * 256));
  return made;
}

/** 1 / (8 q), a little more, so that halves are rounded away from zero. */
function writeTables(memory: ArrayBuffer, quality: number): void {
  const reciprocals = new Float32Array(memory, 0, 128);
  quantizationSteps(quality).forEach((steps, table) =>
    steps.forEach((step, index) => {
      reciprocals[table * 64 + (ZIGZAG[index] as number)] = (1 / (8 * step)) * (1 + 2 ** -22);
    }),
  );
}

/** Huffman codes by value, `bits << 8 | length`, of a table as a JPEG holds it (T.81, annex C). */
function codesOf(table: Uint8Array, values: number): Uint32Array {
  const codes = new Uint32Array(values);
  let code = 0;
  let at = 16;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (table[length - 1] as number); i++)
      codes[table[at++] as number] = (code++ << 8) | length;
    code <<= 1;
  }
  return codes;
}
