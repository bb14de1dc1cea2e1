import { createHash } from 'node:crypto';
import type { HostTensor, Weights } from '@fgam/compile';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { ModelConfig } from './config.js';
import { weightSpecs } from './model-specs.js';
import { badWeights, weightFaults } from './weight-faults.js';
import type { WeightSpec } from './weight-specs.js';

/**
 * New weights of a config: float32, named and laid out as in Hugging Face's LLaVA checkpoints.
 *
 * Each weight has a random stream of its own, from the seed and its name: the same seed gives the same weight whatever
 * else the config holds.
 *
 * @example
 * ```ts
 * import { compactConfig, countParameters, createWeights } from '@fgam/models';
 *
 * const weights = createWeights(compactConfig(), 1);
 * if (countParameters(weights) > 3e6) throw new Error('not compact');
 * ```
 */
export function createWeights(config: ModelConfig, seed: number): Weights {
  return weightsOf(weightSpecs(config), seed);
}

/** New weights of some specs, as {@link createWeights} makes them. */
export function weightsOf(specs: readonly WeightSpec[], seed: number): Weights {
  return Object.fromEntries(specs.map((spec) => [spec.name, createWeight(spec, seed)]));
}

function createWeight({ name, shape, init }: WeightSpec, seed: number): HostTensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if ('value' in init) return { shape, dtype: 'float32', data: data.fill(init.value) };
  const stream = createHash('sha256').update(`${seed}:${name}`).digest().readInt32LE(0);
  const random = xoroshiro128plus(stream);
  for (let i = 0; i < data.length; i += 2) {
    // Box-Muller: two independent normals from two uniforms.
    const radius = init.std * Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    const angle = 2 * Math.PI * uniformFloat64(random);
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
  return { shape, dtype: 'float32', data };
}

/** Number of scalars in some weights. */
export function countParameters(weights: Weights): number {
  return Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
}

/**
 * True for the weights that weight decay shrinks: matrices of linear maps; not norms, biases, embeddings, positions or
 * logit scales.
 */
export function decaysWeight(name: string): boolean {
  return name.endsWith('.weight') && !/norm|ln_q|embed_tokens|(?:position|word|token)_embedding/i.test(name);
}

/**
 * Checks that weights are those of a config.
 *
 * @throws FgamError `models/bad-weights` that lists every missing, extra and misshaped weight at once
 */
export function checkWeights(config: ModelConfig, weights: Weights): void {
  const faults = weightFaults(weightSpecs(config), weights);
  if (faults.length > 0) throw badWeights('checkWeights: expected the weights of the config', faults);
}
