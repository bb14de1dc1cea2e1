import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Weights } from '@fgam/compile';
import type { TrainingExample } from './model-step.js';

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
 * Number and SHA-256 of examples. Of an image's path the file name counts alone, so that data that was moved as a whole is still
 * the same.
 */
export function fingerprintExamples(examples: readonly TrainingExample[]): {
  readonly count: number;
  readonly sha256: string;
} {
  const hash = createHash('sha256');
  for (const { image, segments, sample } of examples) {
    hash.update(typeof image === 'string' ? basename(image) : image);
    const regions = sample && { ...sample, image: basename(sample.image) };
    hash.update(JSON.stringify([segments, regions]));
  }
  return { count: examples.length, sha256: hash.digest('hex') };
}
