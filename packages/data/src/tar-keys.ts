import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, win32 } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { FgamError, isFgamError } from './error.js';
import { isMissingFile } from './is-missing-file.js';
import type { Skip } from './skips.js';

/** The files of one key of a WebDataset tar, by extension in small letters; or why the key is left out. */
export interface TarKey {
  readonly key: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly fault?: Fault;
}

type Fault = Pick<Skip, 'reason' | 'detail'>;

/**
 * Streams a WebDataset tar (plain or gzip) key by key: a file's name up to the first dot of its last part is
 * its key, what follows is its extension; files of one key follow each other. One key is held at a time.
 *
 * Nothing is written, so no name leads anywhere. A key has a fault if one of its entries is a link or a
 * device, has an absolute name or one with `..`, is longer than `maxEntryBytes`, or came before. Folders,
 * hidden files and files without an extension belong to no key.
 *
 * @param fn - the reader, named in errors
 * @param options - `wanted`: extensions whose bytes are read, others are passed over
 * @throws FgamError `data/missing-file`; `data/bad-tar` where the tar is cut off or none
 */
export async function* readTarKeys(
  fn: string,
  path: string,
  options: { readonly wanted: ReadonlySet<string>; readonly maxEntryBytes: number },
): AsyncGenerator<TarKey, void, undefined> {
  const tar = extract();
  const seen = new Set<string>();
  let stop: () => void = () => undefined;
  let current: { key: string; files: Map<string, Uint8Array>; fault?: Fault } | undefined;
  try {
    const gzip = await isGzip(path);
    const file = createReadStream(path, { highWaterMark: 1 << 20 });
    const end = (error: Error) => tar.destroy(error);
    file.on('error', end);
    stop = () => file.destroy();
    if (gzip) file.pipe(createGunzip().on('error', end)).pipe(tar);
    else file.pipe(tar);
    for await (const part of tar) {
      const { header } = part;
      const name = header.name.replace(/^(?:\.\/)+/, '');
      const [, key, extension] = /^((?:.*\/)?[^/.][^/.]*)\.([^/]+)$/s.exec(name) ?? [];
      const unsafe = unsafeEntry(name, header);
      if (header.type === 'directory' || (!unsafe && (key === undefined || extension === undefined))) {
        part.resume();
        continue;
      }
      const group = key ?? name;
      if (current?.key !== group) {
        if (current) yield current;
        current = { key: group, files: new Map() };
        if (seen.has(group))
          current.fault = { reason: 'duplicate-id', detail: 'a sample of this key exists' };
        seen.add(group);
      }
      const kind = (extension ?? '').toLowerCase();
      const size = header.size ?? 0;
      if (unsafe) current.fault ??= { reason: 'unsafe-entry', detail: `${JSON.stringify(name)}: ${unsafe}` };
      else if (options.wanted.has(kind) && size > options.maxEntryBytes)
        current.fault ??= {
          reason: 'too-large',
          detail: `${name} has ${size} bytes, at most ${options.maxEntryBytes} are taken`,
        };
      else if (current.files.has(kind))
        current.fault ??= { reason: 'duplicate-id', detail: `${name} comes twice` };
      if (current.fault || !options.wanted.has(kind)) part.resume();
      else current.files.set(kind, await buffer(part));
    }
    if (current) yield current;
  } catch (error) {
    throw unreadable(fn, path, error);
  } finally {
    stop();
  }
}

/** Two blocks of zeros end a tar. */
const END = 1024;

/**
 * Gzip is known by its first bytes. A plain tar is looked at from its end first: one cut off between two
 * entries is, for a stream, a shorter tar.
 */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) throw new Error('an empty file');
    const start = new Uint8Array(2);
    await file.read(start, 0, 2, 0);
    if (start[0] === 0x1f && start[1] === 0x8b) return true;
    const end = new Uint8Array(END).fill(1);
    await file.read(end, 0, END, Math.max(0, size - END));
    if (end.some((byte) => byte !== 0)) throw new Error('no end of the archive (two blocks of zeros)');
    return false;
  } finally {
    await file.close();
  }
}

function unsafeEntry(name: string, { type, linkname }: Header): string | undefined {
  if (type === 'symlink' || type === 'link') return `a link to ${JSON.stringify(linkname ?? '')}`;
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory')
    return `a ${type ?? 'strange entry'}`;
  if (name.includes('\0') || isAbsolute(name) || win32.isAbsolute(name)) return 'an absolute name';
  return name.split(/[\\/]/).includes('..') ? 'a name that leads out' : undefined;
}

function unreadable(fn: string, path: string, error: unknown): Error {
  if (isFgamError(error)) return error;
  const missing = isMissingFile(error);
  const said = error instanceof Error ? error.message : String(error);
  return missing
    ? new FgamError('data/missing-file', `${fn}: expected a tar at ${path}, found none`, { cause: error })
    : new FgamError(
        'data/bad-tar',
        `${fn}: expected a whole tar (plain or gzip) at ${path}, got: ${said}; fetch or write it again`,
        { cause: error },
      );
}
