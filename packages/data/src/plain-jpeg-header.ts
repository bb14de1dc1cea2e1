import type { ImageSize } from './records.js';

/** What the header of a plain JPEG says. */
export interface PlainJpegHeader extends ImageSize {
  /** Blocks of luminance across and down for each of the others: 1 x 1, 2 x 1 or 2 x 2. */
  readonly sampling: readonly [across: number, down: number];
  /** Of Y, Cb and Cr: steps in zigzag order; DC and AC table as 16 counts and their values. */
  readonly components: readonly {
    readonly steps: Uint8Array;
    readonly dc: Uint8Array;
    readonly ac: Uint8Array;
  }[];
  /** Where the scan's data begins. */
  readonly scanAt: number;
}

const [FRAME, HUFFMAN, SCAN, STEPS, PROFILE] = [0xc0, 0xc4, 0xda, 0xdb, 0xe2];
/** JFIF, data of programs, comments. Not EXIF (0xe1), which may turn the image, nor Adobe's (0xee), which may name other colours. */
const HARMLESS = new Set([
  0xe0, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xef, 0xfe,
]);
const SAMPLINGS = new Set([0x11, 0x21, 0x22]);

/**
 * The header of a JPEG of the usual kind: baseline, 8 bits, Y, Cb and Cr in one scan, no restarts, nothing that turns it or gives its
 * colours another meaning. Undefined for every other file.
 *
 * @param icc - whether its colour profile is one that may be ignored
 */
export function readPlainJpegHeader(file: Uint8Array, icc: boolean): PlainJpegHeader | undefined {
  if (file[0] !== 0xff || file[1] !== 0xd8) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const steps = new Map<number, Uint8Array>();
  const codes = new Map<number, Uint8Array>();
  let frame: Uint8Array | undefined;
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1];
    const end = at + 2 + view.getUint16(at + 2);
    if (end > file.length) return undefined;
    const content = file.subarray(at + 4, end);
    if (marker === STEPS) {
      if (!takeTables(content, steps, 3, () => 64)) return undefined;
    } else if (marker === HUFFMAN) {
      if (
        !takeTables(
          content,
          codes,
          0x13,
          (table) => 16 + table.subarray(0, 16).reduce((sum, n) => sum + n, 0),
        )
      )
        return undefined;
    } else if (marker === FRAME) {
      if (frame || content.length !== 15) return undefined;
      frame = content;
    } else if (marker === SCAN) return frame && headerOf(frame, content, steps, codes, end);
    else if (!HARMLESS.has(marker ?? 0) && !(marker === PROFILE && icc)) return undefined;
    at = end;
  }
  return undefined;
}

/** Tables by the byte before each; false where one is cut or of more than 8 bits. */
function takeTables(
  content: Uint8Array,
  tables: Map<number, Uint8Array>,
  lastKey: number,
  lengthOf: (table: Uint8Array) => number,
): boolean {
  for (let at = 0; at < content.length; ) {
    const rest = content.subarray(at + 1);
    const length = lengthOf(rest);
    if (length > rest.length || (content[at] as number) > lastKey) return false;
    tables.set(content[at] as number, rest.subarray(0, length));
    at += 1 + length;
  }
  return true;
}

function headerOf(
  frame: Uint8Array,
  scan: Uint8Array,
  steps: ReadonlyMap<number, Uint8Array>,
  codes: ReadonlyMap<number, Uint8Array>,
  scanAt: number,
): PlainJpegHeader | undefined {
  const [bits, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count] = frame;
  const whole = scan.length === 10 && scan[0] === 3 && scan[7] === 0 && scan[8] === 63 && scan[9] === 0;
  const sampling = frame[7] ?? 0;
  if (bits !== 8 || count !== 3 || !whole || !SAMPLINGS.has(sampling)) return undefined;
  const [width, height] = [w1 * 256 + w0, h1 * 256 + h0];
  if (width === 0 || height === 0) return undefined;
  const components = [];
  for (let i = 0; i < 3; i++) {
    const id = frame[6 + 3 * i];
    if (id !== i + 1 || scan[1 + 2 * i] !== id || (i > 0 && frame[7 + 3 * i] !== 0x11)) return undefined;
    const tables = scan[2 + 2 * i] as number;
    const own = {
      steps: steps.get(frame[8 + 3 * i] as number),
      dc: codes.get(tables >> 4),
      ac: codes.get(0x10 | (tables & 15)),
    };
    const { steps: found, dc, ac } = own;
    if (!found || !dc || !ac) return undefined;
    components.push({ steps: found, dc, ac });
  }
  return { width, height, sampling: [sampling >> 4, sampling & 15], components, scanAt };
}
