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

/**
 * Number of scalars in some weights.
 *
 * @example
 * ```ts
 * import { countParameters } from '@fgam/models';
 *
 * const parameters = countParameters({
 *   'map.weight': { shape: [2, 3], dtype: 'float32', data: new Float32Array(6) },
 *   'map.bias': { shape: [2], dtype: 'float32', data: new Float32Array(2) },
 * });
 * if (parameters !== 8) throw new Error(String(parameters));
 * ```
 */
export function countParameters(weights: Weights): number {
  return Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
}

/**
 * True for the weights that weight decay shrinks: matrices of linear maps; not norms, biases, embeddings, positions or
 * logit scales.
 *
 * @example
 * ```ts
 * import { decaysWeight } from '@fgam/models';
 *
 * const layer = 'language_model.model.layers.0';
 * const names = ['mlp.up_proj.weight', 'input_layernorm.weight', 'self_attn.q_proj.bias'];
 * const decays = names.map((name) => decaysWeight(`${layer}.${name}`));
 * if (decays.join() !== 'true,false,false') throw new Error(decays.join());
 * ```
 */
export function decaysWeight(name: string): boolean {
  return name.endsWith('.weight') && !/norm|ln_q|embed_tokens|(?:position|word|token)_embedding/i.test(name);
}

/**
 * Checks that weights are those of a config.
 *
 * @throws FgamError `models/bad-weights` that lists every missing, extra and misshaped weight at once
 * @example
 * ```ts
 * import { checkWeights, compactConfig, createWeights } from '@fgam/models';
 *
 * const config = compactConfig({ text_config: { hidden_size: 8 } });
 * const { 'language_model.model.norm.weight': norm, ...rest } = createWeights(config, 1);
 * let told = '';
 * try {
 *   checkWeights(config, { ...rest, 'language_model.model.nrom.weight': norm! });
 * } catch (error) {
 *   told = String(error);
 * }
 * if (!told.includes('found 2 fault(s)') || !told.includes('nrom')) throw new Error(told);
 * ```
 */
export function checkWeights(config: ModelConfig, weights: Weights): void {
  const faults = weightFaults(weightSpecs(config), weights);
  if (faults.length > 0) throw badWeights('checkWeights: expected the weights of the config', faults);
}
