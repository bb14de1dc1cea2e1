import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { FgamError } from './error.js';
import { halfFromFloat, floatFromBrain, floatFromHalf } from './half.js';
import { readSafetensorsHeader, type StoredTensor, type StoredType } from './safetensors-header.js';
import { bytesOf, type HostTensor, sizeOf, type Weights } from './tensors.js';
import { writeWhole } from './write-whole.js';

/** Bytes that are read at once: the system refuses more than 2 GiB. */
const MAX_READ = 2 ** 30;

/** The header's entry that is no tensor. */
const METADATA = '__metadata__';

/** A file's tensors and its free-form texts. */
export interface SafetensorsFile {
  readonly weights: Weights;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Tensors that are read; the others may be of any type. Default: all. */
  readonly isRead?: (name: string) => boolean;
}

/**
 * Where the tensors of a safetensors file are, by its header alone; no data is read.
 *
 * @throws FgamError `compile/bad-safetensors` as {@link readSafetensors} does
 * @example
 * ```ts
 * import { readStoredTensors, writeSafetensors } from '@fgam/compile';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'weights-')), 'model.safetensors');
 * await writeSafetensors(
 *   path,
 *   { w: { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) } },
 *   { dtype: 'F16' },
 * );
 * const { w } = await readStoredTensors(path);
 * // Six numbers of two bytes, as they are in the file; readSafetensors would widen them.
 * if (w?.dtype !== 'F16' || w.shape.join() !== '2,3') throw new Error('expected the type in the file');
 * if (w.end - w.begin !== 12) throw new Error('expected 12 bytes');
 * ```
 */
export async function readStoredTensors(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<Readonly<Record<string, StoredTensor>>> {
  const file = await open(path, 'r');
  try {
    return (await readSafetensorsHeader(file, path, options.isRead)).tensors;
  } finally {
    await file.close();
  }
}

/**
 * Reads a safetensors file (8 bytes of header length, JSON header, raw little-endian data). F16 and
 * BF16 are widened to float32.
 *
 * @throws FgamError `compile/bad-safetensors` listing every fault: truncated file, header longer than
 * the file, offsets that overlap or leave the file, sizes that disagree with shapes, types that are not
 * F32, F16, BF16, I32 or BOOL
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@fgam/compile';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'weights-')), 'model.safetensors');
 * const ids = { shape: [2], dtype: 'int32', data: Int32Array.of(4, 2) } as const;
 * const w = { shape: [1, 3], dtype: 'float32', data: Float32Array.of(1, 0.5, -2) } as const;
 * await writeSafetensors(path, { ids, w }, { dtype: 'F16', metadata: { step: '7' } });
 * const { weights, metadata } = await readSafetensors(path, { isRead: (name) => name === 'w' });
 * if (Object.keys(weights).join() !== 'w' || metadata['step'] !== '7') throw new Error('expected w alone');
 * // All three have an exact float16.
 * const read = weights['w'];
 * if (read?.dtype !== 'float32' || read.data.join() !== '1,0.5,-2') throw new Error('expected float32');
 * ```
 */
export async function readSafetensors(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  const file = await open(path, 'r');
  try {
    const { tensors, metadata } = await readSafetensorsHeader(file, path, options.isRead);
    const weights: [name: string, tensor: HostTensor][] = [];
    for (const [name, tensor] of Object.entries(tensors))
      weights.push([name, await readTensor(file, tensor)]);
    return { weights: Object.fromEntries(weights), metadata };
  } finally {
    await file.close();
  }
}

/** One tensor's data: memory of its own, aligned; the file may be larger than a buffer can be. */
async function readTensor(file: FileHandle, { dtype, shape, begin, end }: StoredTensor): Promise<HostTensor> {
  const bytes = new Uint8Array(end - begin);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, MAX_READ), begin + done);
    if (bytesRead === 0)
      throw new FgamError('compile/bad-safetensors', 'readSafetensors: the file was cut while it was read');
    done += bytesRead;
  }
  switch (dtype) {
    case 'F32':
      return { shape, dtype: 'float32', data: new Float32Array(bytes.buffer) };
    case 'F16':
      return { shape, dtype: 'float32', data: floatFromHalf(new Uint16Array(bytes.buffer)) };
    case 'BF16':
      return { shape, dtype: 'float32', data: floatFromBrain(new Uint16Array(bytes.buffer)) };
    case 'I32':
      return { shape, dtype: 'int32', data: new Int32Array(bytes.buffer) };
    case 'BOOL':
      return { shape, dtype: 'bool', data: bytes };
  }
}

/**
 * Writes tensors as a safetensors file, whole or not at all: a temporary file, flushed to the disk, then
 * renamed. The same tensors and metadata give the same bytes.
 *
 * @param path - file to write
 * @param weights - tensors by name
 * @param options - `metadata`: free-form texts; `dtype`: how float32 is stored, default `F32`
 * @throws FgamError `compile/bad-safetensors` when data and shape disagree, and for a tensor called `__metadata__`
 * @example
 * ```ts
 * import { writeSafetensors } from '@fgam/compile';
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'weights-')), 'model.safetensors');
 * const w = { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2, 3) } as const;
 * await writeSafetensors(path, { w }, { metadata: { format: 'pt' } });
 * // The header's length in 8 bytes, the header, then 3 numbers of 4 bytes each.
 * const file = await readFile(path);
 * const length = Number(file.readBigUInt64LE(0));
 * if (file.length !== 8 + length + 12) throw new Error(String(file.length));
 * const header = file.toString('utf8', 8, 8 + length).trimEnd();
 * const tensor = { dtype: 'F32', shape: [3], data_offsets: [0, 12] };
 * if (header !== JSON.stringify({ __metadata__: { format: 'pt' }, w: tensor })) throw new Error(header);
 * ```
 */
export async function writeSafetensors(
  path: string,
  weights: Weights,
  options: { readonly metadata?: Readonly<Record<string, string>>; readonly dtype?: 'F32' | 'F16' } = {},
): Promise<void> {
  const { metadata = {}, dtype = 'F32' } = options;
  if (endianness() !== 'LE')
    throw new FgamError('compile/bad-safetensors', 'writeSafetensors: needs a little-endian machine');
  const names = Object.keys(weights).sort();
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { [METADATA]: metadata } : {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const tensor = weights[name] as HostTensor;
    if (name === METADATA) {
      throw new FgamError(
        'compile/bad-safetensors',
        `writeSafetensors: expected another name than ${METADATA} for a tensor: the file's texts are called that`,
      );
    }
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new FgamError(
        'compile/bad-safetensors',
        `writeSafetensors: ${name}: expected ${sizeOf(tensor.shape)} elements for [${tensor.shape.join(', ')}], got ${tensor.data.length}`,
      );
    }
    const bytes = encode(tensor, dtype);
    header[name] = {
      dtype: storedType(tensor, dtype),
      shape: tensor.shape,
      data_offsets: [offset, offset + bytes.length],
    };
    parts.push(bytes);
    offset += bytes.length;
  }
  let text = JSON.stringify(header);
  // Data begins at a multiple of 8 bytes, as the reference implementation writes it.
  text = text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8 - Buffer.byteLength(text) + text.length);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  await writeWhole(path, [length, Buffer.from(text), ...parts]);
}

function storedType(tensor: HostTensor, floats: 'F32' | 'F16'): StoredType {
  if (tensor.dtype === 'float32') return floats;
  return tensor.dtype === 'int32' ? 'I32' : 'BOOL';
}

function encode(tensor: HostTensor, floats: 'F32' | 'F16'): Uint8Array {
  if (tensor.dtype === 'float32' && floats === 'F16') return bytesOf(halfFromFloat(tensor.data));
  return bytesOf(tensor.data);
}
