import type { HostTensor, Weights } from '@fgam/compile';
import type { FamilyModel } from '../families/family.js';
import { badWeights, weightFaults } from '../weight-faults.js';
import { type Adapter, adapterScales, adapterSpecs } from './adapter.js';

/**
 * An adapter's weights as the blocks read them: A, B and the scale alpha / r of each map. Beside the base's
 * weights they are the adapted model's; a training step trains those of `isAdapterWeight`.
 *
 * @throws FgamError `models/bad-weights` that lists every missing, extra and misshaped weight
 * @example
 * ```ts
 * import { adapterWeights, createAdapter } from '@fgam/models';
 *
 * const name = 'language_model.model.layers.0.self_attn.q_proj';
 * const family = { weightSpecs: [{ name: `${name}.weight`, shape: [4, 6], init: { std: 1 } }] };
 * const weights = adapterWeights(family, createAdapter(family, { rank: 2, alpha: 6, targets: ['q_proj'] }));
 * const scale = weights[`${name}.lora_scale`]?.data[0];
 * if (Object.keys(weights).length !== 3 || scale !== 3) throw new Error(`scale ${scale}`);
 * ```
 */
export function adapterWeights(family: Pick<FamilyModel, 'weightSpecs'>, adapter: Adapter): Weights {
  const specs = adapterSpecs(family, adapter);
  const faults = weightFaults(specs, adapter.weights);
  if (specs.length === 0) faults.push(`the model has no map among ${adapter.targets.join(', ')}`);
  if (faults.length > 0) throw badWeights('adapter: expected one of this model', faults);
  const scales: Record<string, HostTensor> = {};
  for (const name of adapterScales(family, adapter))
    scales[name] = { shape: [], dtype: 'float32', data: Float32Array.of(adapter.alpha / adapter.rank) };
  return { ...adapter.weights, ...scales };
}

/**
 * A model with an adapter beside its weights, in memory or in files: what generation takes. `savePretrained`
 * would leave it out: merge it first.
 *
 * @throws FgamError as {@link adapterWeights}
 * @example
 * ```ts
 * import { createAdapter, openFamily, withAdapter } from '@fgam/models';
 *
 * const text_config = { vocab_size: 20, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 9, vision_config: {}, text_config });
 * // A model of `loadPretrained` goes here: the base's weights stay where they are, in memory or in files.
 * const model = { family, weights: {}, name: 'base' };
 * const adapted = withAdapter(model, createAdapter(family, { rank: 2, targets: ['q_proj'] }));
 * const layer = 'language_model.model.layers.0.self_attn.q_proj';
 * const names = ['lora_A.weight', 'lora_B.weight', 'lora_scale'].map((part) => `${layer}.${part}`);
 * const found = Object.keys(adapted.weights);
 * if (found.join() !== names.join()) throw new Error(found.join());
 * if (adapted.name !== 'base') throw new Error(adapted.name);
 * ```
 */
export function withAdapter<Model extends { readonly family: FamilyModel; readonly weights: Weights }>(
  model: Model,
  adapter: Adapter,
): Model {
  return { ...model, weights: { ...model.weights, ...adapterWeights(model.family, adapter) } };
}
