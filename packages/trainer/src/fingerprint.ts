import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Weights } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';
import type { TrainingExample } from './training-source.js';

/** SHA-256 of weights: names, shapes and values. */
export function fingerprintWeights(weights: Weights): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(weights)) {
    hash.update(`${name} [${shape.join()}]\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/**
 * Bytes of an image file that are hashed: those of a small image, and more than another photo of
 * the same size would share.
 */
const HASHED_BYTES = 64 * 1024;

/**
 * Number and SHA-256 of examples: segments, regions, and images by size and first 64 KiB. Of an image's path
 * the file name counts alone, so that data that was moved as a whole is still the same.
 *
 * @param imageHash - of `cacheImageHashes`; share it between sources of the same images
 */
export function fingerprintExamples(
  examples: readonly TrainingExample[],
  imageHash: (path: string) => Uint8Array,
): { readonly count: number; readonly sha256: string } {
  const hash = createHash('sha256');
  for (const { image, segments, sample, wrongCaptions } of examples) {
    if (typeof image === 'string') hash.update(basename(image));
    hash.update(typeof image === 'string' ? imageHash(image) : image);
    const regions = sample && { ...sample, image: basename(sample.image) };
    hash.update(JSON.stringify(wrongCaptions ? [segments, regions, wrongCaptions] : [segments, regions]));
  }
  return { count: examples.length, sha256: hash.digest('hex') };
}

/** Hashes of image files, each file read once. */
export function cacheImageHashes(): (path: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (path) => {
    const hash = known.get(path) ?? imageFingerprint(path);
    known.set(path, hash);
    return hash;
  };
}

/** SHA-256 of a file's size and first bytes. A file that is not there is an empty one: who reads the image says so. */
function imageFingerprint(path: string): Uint8Array {
  const hash = createHash('sha256');
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return hash.digest();
    throw error;
  }
  try {
    const bytes = Buffer.alloc(HASHED_BYTES);
    const count = readSync(file, bytes, 0, HASHED_BYTES, 0);
    return hash
      .update(`${fstatSync(file).size}\n`)
      .update(bytes.subarray(0, count))
      .digest();
  } finally {
    closeSync(file);
  }
}

/**
 * Pieces of a weight file that are hashed, spread over it, and bytes of each: two models of one form
 * differ nearly everywhere.
 */
const PIECES = { count: 256, bytes: 4096 };

/** SHA-256 of a large file's size and of pieces of it, first and last among them. */
export async function fingerprintFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const { size } = await file.stat();
    hash.update(`${size}\n`);
    const bytes = Buffer.alloc(PIECES.bytes);
    for (let i = 0; i < PIECES.count; i++) {
      const start = Math.floor((Math.max(0, size - PIECES.bytes) * i) / (PIECES.count - 1));
      const { bytesRead } = await file.read(bytes, 0, PIECES.bytes, start);
      hash.update(bytes.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** SHA-256 of a tokenizer's description. */
export function fingerprintTokenizer({ json }: { readonly json: unknown }): string {
  return createHash('sha256').update(JSON.stringify(json)).digest('hex');
}

/** What questions of reinforcement are: their ids and words, and the hashes of their images. */
export function fingerprintRequests(
  requests: readonly { readonly id: string; readonly image: ImageSource; readonly question: string }[],
): unknown {
  const hashOf = cacheImageHashes();
  return requests.map(({ id, image, question }) => [
    id,
    question,
    typeof image === 'string'
      ? Buffer.from(hashOf(image)).toString('hex')
      : createHash('sha256').update(image).digest('hex'),
  ]);
}
