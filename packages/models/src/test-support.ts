import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import type { HostTensor, TensorMap, Weights } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type CompactOverrides, compactConfig } from './compact-config.js';
import type { ModelConfig } from './config.js';
import { createWeights } from './weights.js';

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);
await tf.setBackend('cpu');

/** A config of a few thousand parameters: 8 x 8 images, 4 vision tokens, width 8. For tests only. */
export function microConfig(overrides: CompactOverrides = {}): ModelConfig {
  return compactConfig({
    ...overrides,
    vision_config: {
      image_size: 8,
      patch_size: 4,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      ...overrides.vision_config,
    },
    text_config: {
      vocab_size: 60,
      hidden_size: 8,
      intermediate_size: 12,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      ...overrides.text_config,
    },
    fgam: {
      embed_dim: 6,
      relation_hidden_size: 5,
      stem: { kind: 'patch' },
      connector_merge: 1,
      ...overrides.fgam,
    },
  });
}

/** New weights in which norms and biases too are random, so that no test passes because they are 1 and 0. */
export function randomWeights(config: ModelConfig, seed: number): Weights {
  const random = uniforms(seed);
  const shaken = ({ shape, data }: HostTensor): HostTensor => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from(data, (x) => x + 0.2 * (random() - 0.5)),
  });
  return Object.fromEntries(
    Object.entries(createWeights(config, seed)).map(([name, w]) => [name, shaken(w)]),
  );
}

/** A seeded stream of uniforms in 0..1. */
export function uniforms(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => uniformFloat64(random);
}

/** Host tensors as tfjs tensors. */
export function toTensors(weights: Weights): TensorMap {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, dtype, data }]) => [
      name,
      tf.tensor(data, [...shape], dtype),
    ]),
  );
}

/** Files of two images, in a folder of their own. */
export async function imageFiles(...images: readonly [Uint8Array, Uint8Array]): Promise<[string, string]> {
  const folder = await mkdtemp(join(tmpdir(), 'images-'));
  const paths: [string, string] = [join(folder, '1.png'), join(folder, '2.png')];
  for (const [i, path] of paths.entries()) await writeFile(path, images[i] as Uint8Array);
  return paths;
}

/** Random normal-ish float32 tensor, seeded. */
export function randomTensor(shape: readonly number[], seed: number): tf.Tensor {
  const random = uniforms(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => 2 * random() - 1),
    [...shape],
    'float32',
  );
}

/** An int32 tensor of rows. */
export function rows(values: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(
    values.map((row) => [...row]),
    undefined,
    'int32',
  );
}

/** Largest absolute difference between two lists of numbers of the same length. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    if (!(difference <= most)) most = difference;
  }
  return most;
}
