import { createHash } from 'node:crypto';
import type { HostTensor, Weights } from '@fgam/compile';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { modelsError } from '../error.js';
import type { FamilyModel } from '../families/family.js';
import { float32Zeros } from '../generation/host-zeros.js';

/** The linear maps of LLaMA's layers. */
export const LORA_TARGETS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;

/** One of them. */
export type LoraTarget = (typeof LORA_TARGETS)[number];

/** Size and places of an adapter. */
export interface AdapterOptions {
  /** r: rows of A, columns of B. */
  readonly rank: number;
  /** The update is alpha / r B A. Default: 2 r. */
  readonly alpha?: number;
  /** Linear maps of the language model's layers. Default: all seven. */
  readonly targets?: readonly LoraTarget[];
  /** Default 1. */
  readonly seed?: number;
}

/** A low-rank update of a model's linear maps (LoRA, Hu et al. 2021, arXiv:2106.09685). */
export interface Adapter {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
  /** `NAME.lora_A.weight` [r, in] and `NAME.lora_B.weight` [out, r] float32, NAME the map's name in the blocks. */
  readonly weights: Weights;
}

/** What an adapter of some targets adds to: name and [out, in] of each linear map. */
export function adaptedMaps(
  { weightSpecs }: Pick<FamilyModel, 'weightSpecs'>,
  targets: readonly LoraTarget[],
): readonly { readonly name: string; readonly out: number; readonly input: number }[] {
  const isWanted = new RegExp(`^language_model\\..*\\.(?:${targets.join('|')})\\.weight$`);
  return weightSpecs.flatMap(({ name, shape: [out = 0, input = 0] }) =>
    isWanted.test(name) ? [{ name: name.slice(0, -'.weight'.length), out, input }] : [],
  );
}

/**
 * Names and shapes of an adapter's weights: `NAME.lora_A.weight` [r, in] and `NAME.lora_B.weight` [out, r]
 * for each linear map NAME.
 *
 * @example
 * ```ts
 * import { adapterSpecs } from '@fgam/models';
 *
 * const name = 'language_model.model.layers.0.self_attn.q_proj';
 * const family = { weightSpecs: [{ name: `${name}.weight`, shape: [4, 6], init: { std: 1 } }] };
 * const [a, b] = adapterSpecs(family, { rank: 2, targets: ['q_proj'] });
 * if (a?.name !== `${name}.lora_A.weight` || a.shape.join() !== '2,6') throw new Error(JSON.stringify(a));
 * if (b?.name !== `${name}.lora_B.weight` || b.shape.join() !== '4,2') throw new Error(JSON.stringify(b));
 * ```
 */
export function adapterSpecs(
  family: Pick<FamilyModel, 'weightSpecs'>,
  { rank, targets = LORA_TARGETS }: AdapterOptions,
): readonly { readonly name: string; readonly shape: readonly number[] }[] {
  return adaptedMaps(family, targets).flatMap(({ name, out, input }) => [
    { name: `${name}.lora_A.weight`, shape: [rank, input] },
    { name: `${name}.lora_B.weight`, shape: [out, rank] },
  ]);
}

/**
 * Names of the scalars alpha / r that the blocks read beside an adapter's weights.
 *
 * @example
 * ```ts
 * import { adapterScales } from '@fgam/models';
 *
 * const layer = 'language_model.model.layers.0.self_attn';
 * const weightSpecs = ['q_proj', 'k_proj'].map((target) => {
 *   return { name: `${layer}.${target}.weight`, shape: [4, 6], init: { std: 1 } };
 * });
 * const names = adapterScales({ weightSpecs }, { targets: ['q_proj'] });
 * if (names.join() !== `${layer}.q_proj.lora_scale`) throw new Error(names.join());
 * ```
 */
export function adapterScales(
  family: Pick<FamilyModel, 'weightSpecs'>,
  { targets = LORA_TARGETS }: Pick<AdapterOptions, 'targets'>,
): readonly string[] {
  return adaptedMaps(family, targets).map(({ name }) => `${name}.lora_scale`);
}

/**
 * A new adapter, as PEFT begins one: A uniform in +-1/sqrt(in) (torch's `kaiming_uniform_` with
 * a = sqrt(5)), B zero, so that the model is what it was. Each A has a random stream of its own,
 * from the seed and its name.
 *
 * @throws FgamError `models/bad-request` that lists every fault of the options
 * @example
 * ```ts
 * import { createAdapter } from '@fgam/models';
 *
 * // The family of a `PretrainedModel` goes here; this one has a single map.
 * const name = 'language_model.model.layers.0.self_attn.q_proj';
 * const family = { weightSpecs: [{ name: `${name}.weight`, shape: [4, 16], init: { std: 1 } }] };
 * const { alpha, weights } = createAdapter(family, { rank: 2, targets: ['q_proj'], seed: 1 });
 * const a = weights[`${name}.lora_A.weight`]?.data ?? [];
 * const b = weights[`${name}.lora_B.weight`]?.data ?? [];
 * if (alpha !== 4 || b.some((x) => x !== 0)) throw new Error('expected alpha 2 r and a B of zeros');
 * // Uniform within 1 / sqrt(16).
 * if (a.length !== 32 || a.some((x) => Math.abs(x) > 0.25)) throw new Error(a.join());
 * ```
 */
export function createAdapter(
  family: Pick<FamilyModel, 'weightSpecs'>,
  { rank, alpha = 2 * rank, targets = LORA_TARGETS, seed = 1 }: AdapterOptions,
): Adapter {
  const faults: string[] = [];
  if (!Number.isSafeInteger(rank) || rank < 1)
    faults.push(`expected rank to be a whole number from 1, got ${rank}`);
  if (!Number.isFinite(alpha) || alpha <= 0) faults.push(`expected alpha above 0, got ${alpha}`);
  if (targets.length === 0) faults.push('expected a target, got none');
  const unknown = targets.filter((target) => !LORA_TARGETS.includes(target));
  if (unknown.length > 0)
    faults.push(`expected targets among ${LORA_TARGETS.join(', ')}, got ${unknown.join(', ')}`);
  if (faults.length > 0) throw modelsError('models/bad-request', `createAdapter: ${faults.join('; ')}`);
  const weights = adapterSpecs(family, { rank, targets }).map(({ name, shape }): [string, HostTensor] => [
    name,
    name.endsWith('.lora_A.weight') ? uniform(name, shape, seed) : float32Zeros(shape),
  ]);
  return { rank, alpha, targets, weights: Object.fromEntries(weights) };
}

function uniform(name: string, shape: readonly number[], seed: number): HostTensor {
  const random = xoroshiro128plus(createHash('sha256').update(`${seed}:${name}`).digest().readInt32LE(0));
  const tensor = float32Zeros(shape);
  const bound = (shape[1] ?? 1) ** -0.5;
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = bound * (2 * uniformFloat64(random) - 1);
  return tensor;
}

/**
 * Whether a weight is an adapter's: what a training step trains where the base is frozen.
 *
 * @example
 * ```ts
 * import { isAdapterWeight } from '@fgam/models';
 *
 * const names = ['q_proj.weight', 'q_proj.lora_A.weight', 'q_proj.lora_B.weight', 'q_proj.lora_scale'];
 * const trained = names.filter(isAdapterWeight);
 * if (trained.join() !== 'q_proj.lora_A.weight,q_proj.lora_B.weight') throw new Error(trained.join());
 * ```
 */
export function isAdapterWeight(name: string): boolean {
  return name.endsWith('.lora_A.weight') || name.endsWith('.lora_B.weight');
}
