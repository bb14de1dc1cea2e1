import type { FileHandle } from 'node:fs/promises';
import { FgamError } from './error.js';
import { picked } from './specs.js';
import { sizeOf } from './tensors.js';

/** Bytes an element of safetensors' types that are read. */
export const STORED_BYTES = { F32: 4, F16: 2, BF16: 2, I32: 4, BOOL: 1 } as const;

/** An element type of the format that is read. */
export type StoredType = keyof typeof STORED_BYTES;

/** A header longer than this is refused before it is read, as the reference implementation does. */
const MAX_HEADER = 100_000_000;

/** Where a tensor is in its file. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** First byte in the file, and the one after the last. */
  readonly begin: number;
  readonly end: number;
}

/** What a file holds, without its data. */
export interface SafetensorsHeader {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads and checks the header of an open file.
 *
 * @param isRead - tensors that are looked at; others may be of types that are not read
 * @throws FgamError `compile/bad-safetensors` listing every fault
 */
export async function readSafetensorsHeader(
  file: FileHandle,
  path: string,
  isRead: (name: string) => boolean = () => true,
): Promise<SafetensorsHeader> {
  const fail = (what: string): never => {
    throw new FgamError('compile/bad-safetensors', `readSafetensors: ${path}: ${what}`);
  };
  const { size } = await file.stat();
  if (size < 8) fail(`expected at least 8 bytes, got ${size}`);
  const lengthBytes = Buffer.alloc(8);
  await file.read(lengthBytes, 0, 8, 0);
  const headerLength = Number(lengthBytes.readBigUInt64LE(0));
  const begin = 8 + headerLength;
  if (headerLength > MAX_HEADER || begin > size) {
    fail(
      `expected a header of ${headerLength} bytes, got a file of ${size}; it is truncated or not safetensors`,
    );
  }
  const bytes = Buffer.alloc(headerLength);
  await file.read(bytes, 0, headerLength, 8);
  const { __metadata__: metadata = {}, ...all } = parseHeader(bytes.toString('utf8'), fail);
  const entries = picked(all, isRead);
  const faults = faultsOf(entries as Record<string, Entry | null>, metadata, size - begin);
  if (faults.length > 0) fail(faults.join('; '));
  const tensors = Object.fromEntries(
    Object.entries(entries as Record<string, Entry>).map(([name, { dtype, shape, data_offsets: at }]) => [
      name,
      { dtype, shape, begin: begin + at[0], end: begin + at[1] },
    ]),
  );
  return { tensors, metadata: metadata as Record<string, string> };
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
    if (!Object.hasOwn(STORED_BYTES, dtype)) {
      faults.push(`${name}: type ${String(dtype)} is not read (F32, F16, BF16, I32 and BOOL are)`);
      continue;
    }
    if (!isLengths(shape) || !isLengths(offsets) || offsets.length !== 2) {
      faults.push(`${name}: expected a shape and two offsets of whole numbers`);
      continue;
    }
    const [begin, end] = offsets;
    const expected = sizeOf(shape) * STORED_BYTES[dtype];
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
