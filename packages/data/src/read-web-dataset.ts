import { decodeUtf8 } from './decode-utf8.js';
import { FgamError, isFgamError } from './error.js';
import { IMAGE_EXTENSIONS, readImageHeader } from './image-header.js';
import type { ImageCheck } from './image-file.js';
import { parseJson } from './json.js';
import { mapBounded } from './map-bounded.js';
import { loadPixels } from './pixels.js';
import { refuseUrl } from './refuse-url.js';
import type { Skip } from './skips.js';
import { readTarKeys, type TarKey } from './tar-keys.js';

/** Options of `readWebDataset`. */
export interface ReadWebDatasetOptions {
  /** Paths of tars, plain or gzip, read in this order. */
  readonly tars: readonly string[];
  /** Called with each key that is left out; such as `(skip) => skipped.push(skip)`. */
  readonly onSkip: (skip: Skip) => void;
  /** Whether a key without a text is left out (`required`, the default). */
  readonly captions?: 'required' | 'optional';
  /** Longest image, text or JSON that is taken, in bytes. Default 32 MiB. */
  readonly maxEntryBytes?: number;
  /** How images are looked at: `decode` (default) finds truncated ones, `header` reads their sizes alone. */
  readonly check?: Exclude<ImageCheck, 'none'>;
  readonly signal?: AbortSignal;
}

/** A key of a WebDataset tar with its image's encoded bytes. */
export interface WebDatasetSample {
  /** The key, such as `000000000`. */
  readonly id: string;
  readonly tar: string;
  readonly image: Uint8Array;
  /** The image's own format: `jpg`, `png`, `webp`, `gif` or `avif`. */
  readonly extension: string;
  /** Pixels, as the image is shown. */
  readonly width: number;
  /** Pixels, as the image is shown. */
  readonly height: number;
  readonly caption?: string;
  /** What the key's `.json` holds; empty where there is none. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Samples that are decoded side by side, and the most bytes of them that are held. */
const CHUNK = 16;
const CHUNK_BYTES = 64 << 20;
const DEFAULT_BYTES = 32 << 20;

/**
 * Streams WebDataset tars as img2dataset writes them: `<key>.jpg` (or png, webp, gif, avif), `<key>.txt` with
 * the caption, `<key>.json` with metadata. Where there is no text file, the caption is the `caption` of the
 * JSON. Order is that of the tars.
 *
 * Nothing is written anywhere and nothing is fetched. A key is left out and told to `onSkip` as
 * `missing-image`, `bad-image` (truncated or no image), `no-text`, `bad-text` (not UTF-8), `bad-record` (its
 * JSON), `too-large`, `unsafe-entry` (links, absolute names, `..`) or `duplicate-id`. Held are at most 16
 * samples, and 64 MiB of images and the one that comes on top.
 *
 * @throws FgamError `data/missing-file`; `data/bad-tar` where a tar is cut off or none; `data/bad-config`
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { pipeline } from 'node:stream/promises';
 * import { readWebDataset } from '@fgam/data';
 * import sharp from 'sharp';
 * import { pack } from 'tar-stream';
 * const tar = join(await mkdtemp(join(tmpdir(), 'tar-')), '00000.tar');
 * const image = await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).jpeg().toBuffer();
 * const entries = pack();
 * entries.entry({ name: '000000000.jpg' }, image);
 * entries.entry({ name: '000000000.txt' }, 'a red field');
 * entries.finalize();
 * await pipeline(entries, createWriteStream(tar));
 * for await (const { caption, width } of readWebDataset({ tars: [tar], onSkip: console.warn }))
 *   if (caption !== 'a red field' || width !== 4) throw new Error(caption);
 * ```
 */
export async function* readWebDataset(
  options: ReadWebDatasetOptions,
): AsyncGenerator<WebDatasetSample, void, undefined> {
  const { maxEntryBytes = DEFAULT_BYTES } = options;
  if (!(maxEntryBytes >= 1))
    throw new FgamError(
      'data/bad-config',
      `readWebDataset: expected maxEntryBytes to be >= 1, got ${maxEntryBytes}`,
    );
  const wanted = new Set<string>([...IMAGE_EXTENSIONS, 'txt', 'json']);
  for (const tar of options.tars) refuseUrl('readWebDataset', tar);
  for (const tar of options.tars) {
    let waiting: TarKey[] = [];
    let bytes = 0;
    for await (const key of readTarKeys('readWebDataset', tar, { wanted, maxEntryBytes })) {
      options.signal?.throwIfAborted();
      waiting.push(key);
      for (const file of key.files.values()) bytes += file.byteLength;
      if (waiting.length < CHUNK && bytes < CHUNK_BYTES) continue;
      yield* finish(tar, waiting, options);
      waiting = [];
      bytes = 0;
    }
    yield* finish(tar, waiting, options);
  }
}

async function* finish(
  tar: string,
  keys: readonly TarKey[],
  options: ReadWebDatasetOptions,
): AsyncGenerator<WebDatasetSample, void, undefined> {
  const found = await mapBounded(keys, 4, (key) => sampleOf(tar, key, options));
  for (const result of found) {
    if ('reason' in result) options.onSkip(result);
    else yield result;
  }
}

async function sampleOf(
  tar: string,
  { key, files, fault }: TarKey,
  options: ReadWebDatasetOptions,
): Promise<WebDatasetSample | Skip> {
  const skip = (reason: Skip['reason'], detail: string): Skip => ({ file: tar, id: key, reason, detail });
  if (fault) return skip(fault.reason, fault.detail);
  const kind = IMAGE_EXTENSIONS.find((extension) => files.has(extension));
  const image = kind === undefined ? undefined : files.get(kind);
  if (!image) return skip('missing-image', 'no entry with the extension of an image');
  const texts: Partial<Record<'txt' | 'json', string>> = {};
  for (const extension of ['txt', 'json'] as const) {
    const bytes = files.get(extension);
    const text = bytes && decodeUtf8(bytes);
    if (bytes && text === undefined) return skip('bad-text', `${key}.${extension} is not UTF-8`);
    if (text !== undefined) texts[extension] = text;
  }
  try {
    const metadata = texts.json === undefined ? {} : parseJson(texts.json, `${tar}/${key}.json`);
    if (!isObject(metadata)) return skip('bad-record', `${key}.json holds no object`);
    const said = texts.txt ?? (typeof metadata['caption'] === 'string' ? metadata['caption'] : '');
    const caption = said.trim();
    if (caption === '' && options.captions !== 'optional')
      return skip('no-text', 'no caption, or an empty one');
    const header = await readImageHeader(image);
    if (options.check !== 'header') await loadPixels(image, 8);
    return { id: key, tar, image, ...header, ...(caption === '' ? {} : { caption }), metadata };
  } catch (error) {
    if (!isFgamError(error)) throw error;
    return skip(error.code === 'data/bad-json' ? 'bad-record' : 'bad-image', error.message);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
