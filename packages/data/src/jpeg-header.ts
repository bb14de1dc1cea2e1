import type { ImageSize } from './records.js';

/** What the segments before a JPEG's first scan say. */
export interface JpegHeader extends ImageSize {
  /** False where metadata may say more about how the image is shown: orientation, colours. */
  readonly isBare: boolean;
}

const [START, SCAN, FIRST_APP, LAST_APP] = [0xd8, 0xda, 0xe0, 0xef] as const;
/** Baseline and extended sequential, Huffman. */
const FRAMES: readonly number[] = [0xc0, 0xc1];
/** Segments that tell no more than how to decode: Huffman and quantization tables, restarts, JFIF, a comment. */
const PLAIN: ReadonlySet<number> = new Set([...FRAMES, 0xc4, 0xdb, 0xdd, FIRST_APP, 0xfe]);
/** Sampling factors (4 bits across, 4 down) by component: grey, 4:4:4, 4:2:2, 4:2:0. */
const SAMPLINGS: ReadonlySet<string> = new Set(['17', '17,17,17', '33,17,17', '34,17,17']);

/**
 * The header of a JPEG of the usual kind: sequential, 8 bits, grey or three components with colours at full
 * size, half the width or half of both. Undefined for every other file. Progressive ones are among these:
 * decoders smooth scans that never came in ways of their own (ITU-T T.81, B.2).
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 0xff || bytes[1] !== START) return undefined;
  let size: ImageSize | undefined;
  let isBare = true;
  let end: number;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; at = end) {
    const marker = bytes[at + 1] as number;
    end = at + 2 + view.getUint16(at + 2);
    if (end < at + 4 || end > bytes.length) return undefined;
    if (marker === SCAN) return size && { ...size, isBare };
    const isApp = marker > FIRST_APP && marker <= LAST_APP;
    if (!isApp && !PLAIN.has(marker)) return undefined;
    isBare &&= !isApp;
    if (FRAMES.includes(marker)) size = size ? undefined : frameSize(bytes.subarray(at + 4, end));
  }
  return undefined;
}

function frameSize(frame: Uint8Array): ImageSize | undefined {
  const [depth, high = 0, low = 0, wide = 0, narrow = 0, components = 0] = frame;
  const samplings = Array.from({ length: components }, (_, i) => frame[7 + 3 * i]);
  if (depth !== 8 || frame.length !== 6 + 3 * components || !SAMPLINGS.has(samplings.join()))
    return undefined;
  const [width, height] = [wide * 256 + narrow, high * 256 + low];
  return width > 0 && height > 0 ? { width, height } : undefined;
}
