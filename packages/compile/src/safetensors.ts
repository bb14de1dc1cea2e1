import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { FgamError } from './error.js';
import { halfFromFloat, floatFromBrain, floatFromHalf } from './half.js';
import { bytesOf, type HostTensor, sizeOf, type Weights } from './tensors.js';

/** Bytes an element of safetensors' types that are read. */
const BYTES = { F32: 4, F16: 2, BF16: 2, I32: 4, BOOL: 1 } as const;

type StoredType = keyof typeof BYTES;

/** A header longer than this is refused before it is read, as the reference implementation does. */
const MAX_HEADER = 100_000_000;

/** A file's tensors and its free-form texts. */
export interface SafetensorsFile {
  readonly weights: Weights;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads a safetensors file (8 bytes of header length, JSON header, raw little-endian data). F16 and BF16 are widened to float32.
 *
 * @throws FgamError `compile/bad-safetensors` listing every fault: truncated file, header longer than the file, offsets that
 *   overlap or leave the file, sizes that disagree with shapes, types that are not F32, F16, BF16, I32 or BOOL
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await readFile(path);
  const fail = (what: string): never => {
    throw new FgamError('compile/bad-safetensors', `readSafetensors: ${path}: ${what}`);
  };
  if (file.length < 8) fail(`expected at least 8 bytes, got ${file.length}`);
  const headerLength = Number(file.readBigUInt64LE(0));
  if (headerLength > MAX_HEADER || 8 + headerLength > file.length) {
    fail(
      `expected a header of ${headerLength} bytes, got a file of ${file.length}; it is truncated or not safetensors`,
    );
  }
  const header = parseHeader(file.subarray(8, 8 + headerLength).toString('utf8'), fail);
  const data = file.subarray(8 + headerLength);
  const { __metadata__: metadata = {}, ...entries } = header;
  const faults = faultsOf(entries as Record<string, Entry | null>, metadata, data.length);
  if (faults.length > 0) fail(faults.join('; '));
  const weights = Object.fromEntries(
    Object.entries(entries as Record<string, Entry>).map(([name, entry]) => [name, decode(entry, data)]),
  );
  return { weights, metadata: metadata as Record<string, string> };
}

function parseHeader(text: string, fail: (what: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(`the header is not JSON: ${error.message}`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return fail('the header is not an object');
  return header as Record<string, unknown>;
}

/** Every way in which entries and data disagree. */
function faultsOf(
  entries: Readonly<Record<string, Entry | null>>,
  metadata: unknown,
  dataLength: number,
): string[] {
  const faults: string[] = [];
  if (!isTexts(metadata)) faults.push('__metadata__: expected texts by name');
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (typeof entry !== 'object' || entry === null) {
      faults.push(`${name}: expected a record of type, shape and offsets`);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry;
    if (!Object.hasOwn(BYTES, dtype)) {
      faults.push(`${name}: type ${String(dtype)} is not read (F32, F16, BF16, I32 and BOOL are)`);
      continue;
    }
    if (!isLengths(shape) || !isLengths(offsets) || offsets.length !== 2) {
      faults.push(`${name}: expected a shape and two offsets of whole numbers`);
      continue;
    }
    const [begin, end] = offsets;
    const expected = sizeOf(shape) * BYTES[dtype];
    if (end > dataLength) faults.push(`${name}: ends at byte ${end} of ${dataLength}; the file is truncated`);
    if (end - begin !== expected)
      faults.push(`${name}: expected ${expected} bytes for [${shape.join(', ')}], got ${end - begin}`);
    spans.push({ name, begin, end });
  }
  spans.sort((a, b) => a.begin - b.begin);
  spans.forEach((span, index) => {
    const next = spans[index + 1];
    if (next !== undefined && next.begin < span.end) faults.push(`${span.name} and ${next.name} overlap`);
  });
  return faults;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function isLengths(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function decode({ dtype, shape, data_offsets: [begin, end] }: Entry, data: Buffer): HostTensor {
  // A copy: aligned, and free of the file's buffer.
  const bytes = new Uint8Array(data.subarray(begin, end));
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
 * Writes tensors as a safetensors file, whole or not at all: a temporary file, flushed to the disk, then renamed. The same
 * tensors and metadata give the same bytes.
 *
 * @param path - file to write
 * @param weights - tensors by name
 * @param options - `metadata`: free-form texts; `dtype`: how float32 is stored, default `F32`
 * @throws FgamError `compile/bad-safetensors` when data and shape disagree
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
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const tensor = weights[name] as HostTensor;
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

async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx');
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}
