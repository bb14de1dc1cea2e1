import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import type { RgbImage } from './pixel-image.js';
import type { ImageSize } from './records.js';
import { sha256 } from './sha256.js';
import { TURBO_PROBE, TURBO_PROBE_SHA256 } from './turbo-probe.js';

/**
 * libjpeg-turbo by its TurboJPEG API. Both give what sharp would; undefined where the library has a
 * complaint, and sharp is to be asked.
 */
export interface TurboJpeg {
  /** The pixels of a JPEG whose header says `size`, uint8 `[height, width, 3]`; read in a thread of libuv's. */
  readonly decode: (bytes: Uint8Array, size: ImageSize) => Promise<Uint8Array | undefined>;
  /**
   * A JPEG of colours at half the resolution, with the standard's Huffman tables and no JFIF segment, as
   * sharp writes it. Written by this thread, as a hop to another takes longer than 224 x 224 pixels; so only
   * up to 4 megapixels (10 ms).
   */
  readonly encode: (image: RgbImage, quality: number) => Uint8Array | undefined;
}

/** Names a library at another place; `off` for none. */
const VARIABLE = 'FGAM_TURBOJPEG';
/**
 * Where the library is looked for. On macOS and Windows a bare name would be looked for in
 * the working directory too.
 */
const FILES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libturbojpeg.so.0'],
  darwin: [
    '/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib',
    '/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib',
  ],
};
/** Constants of turbojpeg.h. */
const [RGB, CHROMA_420, NO_REALLOC, ACCURATE_DCT, STOP_ON_WARNING] = [0, 2, 1024, 4096, 8192] as const;
const JFIF_BYTES = 18;
/**
 * koffi queues 256 calls and throws then, and pixels are allocated before; what is more than these is left to
 * sharp, which has a queue of its own.
 */
const MOST_CALLS = 64;
const MOST_ENCODED = 4_000_000;

let opened: Promise<TurboJpeg | undefined> | undefined;

/**
 * The system's libjpeg-turbo (`libturbojpeg.so.0`), which reads and writes JPEGs several times as fast as a
 * call of sharp; undefined where koffi or the library is not installed. What it makes of a probe must be what
 * sharp makes, to the bit: another library is not used, with a warning of the process.
 */
export function turboJpeg(): Promise<TurboJpeg | undefined> {
  opened ??= open();
  return opened;
}

async function open(): Promise<TurboJpeg | undefined> {
  // As is usual, an empty variable is none.
  const named = process.env[VARIABLE] || undefined;
  if (named === 'off') return undefined;
  const files = named === undefined ? (FILES[process.platform] ?? []) : [named];
  const faults: string[] = [];
  for (const file of files) {
    try {
      const turbo = bind(file);
      if (await givesSharpsBytes(turbo)) return turbo;
      faults.push(`${file} gives other bytes than sharp`);
    } catch (error) {
      // Not an error where nobody asked for it.
      if (named !== undefined)
        faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0)
    process.emitWarning(`${faults.join('; ')}; JPEGs are read and written by sharp, which takes longer`, {
      type: 'FgamWarning',
      code: 'data/no-turbojpeg',
    });
  return undefined;
}

async function givesSharpsBytes({ encode, decode }: TurboJpeg): Promise<boolean> {
  const { image, quality } = TURBO_PROBE;
  const file = encode(image, quality);
  const pixels = file && (await decode(file, image));
  if (!file || !pixels) return false;
  return sha256(Buffer.concat([file, pixels])) === TURBO_PROBE_SHA256;
}

/** @throws Error where koffi is not installed, or the file is no such library */
function bind(file: string): TurboJpeg {
  // Not imported: it is optional, and throws where it has no binary.
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const library = koffi.load(file);
  const initDecompress = library.func('tjInitDecompress', 'void *', []);
  const decompress = library.func('tjDecompress2', 'int', [
    ...['void *', 'void *', 'ulong', 'void *'],
    ...['int', 'int', 'int', 'int', 'int'],
  ]);
  const initCompress = library.func('tjInitCompress', 'void *', []);
  const compress = library.func('tjCompress2', 'int', [
    ...['void *', 'void *', 'int', 'int', 'int', 'int'],
    ...[koffi.inout(koffi.pointer('void *')), koffi.inout(koffi.pointer('ulong'))],
    ...['int', 'int', 'int'],
  ]);
  const bufferSize = library.func('tjBufSize', 'ulong', ['int', 'int', 'int']);
  const destroy = library.func('tjDestroy', 'int', ['void *']);

  /** Memory that threads read and write: koffi keeps no reference to it. */
  const held = new Set<unknown>();
  const decode: TurboJpeg['decode'] = async (bytes, { width, height }) => {
    if (held.size >= MOST_CALLS) return undefined;
    // A copy, which nobody writes, moves or frees meanwhile (a Buffer's `slice` is none).
    const file = new Uint8Array(bytes);
    const pixels = new Uint8Array(width * height * 3);
    const call = { file, pixels };
    held.add(call);
    const handle: unknown = initDecompress();
    const args = [handle, file, file.length, pixels, width, width * 3, height, RGB];
    try {
      return await new Promise((resolve) => {
        decompress.async(...args, ACCURATE_DCT | STOP_ON_WARNING, (error: unknown, result: unknown) =>
          resolve(!error && result === 0 ? pixels : undefined),
        );
      });
    } catch {
      // koffi's queue is full of others' calls.
      return undefined;
    } finally {
      destroy(handle);
      held.delete(call);
    }
  };

  /** Written by one call after the other. */
  let scratch = new Uint8Array();
  const encode: TurboJpeg['encode'] = ({ data, width, height }, quality) => {
    if (width * height > MOST_ENCODED || data.length !== width * height * 3) return undefined;
    const most = Number(bufferSize(width, height, CHROMA_420));
    if (scratch.length < most) scratch = new Uint8Array(most);
    const [file, length] = [[scratch], [scratch.length]];
    const handle: unknown = initCompress();
    const args = [handle, data, width, width * 3, height, RGB, file, length, CHROMA_420, quality];
    const result: unknown = compress(...args, ACCURATE_DCT | NO_REALLOC);
    destroy(handle);
    if (result !== 0) return undefined;
    const jpeg = scratch.slice(JFIF_BYTES, Number(length[0]));
    jpeg.set([0xff, 0xd8]);
    return jpeg;
  };
  return { decode, encode };
}
