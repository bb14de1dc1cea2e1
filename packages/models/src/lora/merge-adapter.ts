import type { Weights } from '@fgam/compile';
import { modelsError } from '../error.js';
import type { FamilyModel } from '../families/family.js';
import { type Adapter, adaptedMaps } from './adapter.js';
import { adapterWeights } from './with-adapter.js';

/**
 * A model with an adapter added into its weights, W + alpha / r B A, which any program reads without knowing
 * of adapters. Weights that the adapter does not change are shared with the model.
 *
 * @throws FgamError `models/bad-weights` for an adapter of another model, or weights that are not in memory
 * @example
 * ```ts
 * import { mergeAdapter, openFamily } from '@fgam/models';
 *
 * const text_config = { vocab_size: 4, hidden_size: 2, num_hidden_layers: 1, num_attention_heads: 1 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 3, vision_config: {}, text_config });
 * const name = 'language_model.model.layers.0.self_attn.q_proj';
 * const tensor = (shape: readonly number[], ...data: readonly number[]) =>
 *   ({ shape, dtype: 'float32', data: Float32Array.from(data) }) as const;
 * const [a, b] = [tensor([1, 2], 1, 0), tensor([2, 1], 0, 5)];
 * const weights = { [`${name}.lora_A.weight`]: a, [`${name}.lora_B.weight`]: b };
 * const adapter = { rank: 1, alpha: 2, targets: ['q_proj'], weights } as const;
 * const model = { family, weights: { [`${name}.weight`]: tensor([2, 2], 1, 2, 3, 4) } };
 * // 2 / 1 B A is (0, 0; 10, 0).
 * const merged = mergeAdapter(model, adapter).weights[`${name}.weight`]?.data.join();
 * if (merged !== '1,2,13,4') throw new Error(merged);
 * ```
 */
export function mergeAdapter<Model extends { readonly family: FamilyModel; readonly weights: Weights }>(
  model: Model,
  adapter: Adapter,
): Model {
  const added = adapterWeights(model.family, adapter);
  const merged: Record<string, Weights[string]> = { ...model.weights };
  for (const { name, out, input } of adaptedMaps(model.family, adapter.targets)) {
    const base = model.weights[`${name}.weight`];
    const down = added[`${name}.lora_A.weight`]?.data;
    const up = added[`${name}.lora_B.weight`]?.data;
    if (base?.dtype !== 'float32' || down === undefined || up === undefined)
      throw modelsError(
        'models/bad-weights',
        `mergeAdapter: expected ${name}.weight in memory, in float32; load the model with weights 'memory'`,
      );
    merged[`${name}.weight`] = {
      ...base,
      data: sum(base.data, up, down, { out, input, rank: adapter.rank, scale: adapter.alpha / adapter.rank }),
    };
  }
  return { ...model, weights: merged };
}

/** W + s B A, summed in double precision. */
function sum(
  base: Float32Array,
  up: ArrayLike<number>,
  down: ArrayLike<number>,
  sizes: { readonly out: number; readonly input: number; readonly rank: number; readonly scale: number },
): Float32Array {
  const { out, input, rank, scale } = sizes;
  const result = new Float32Array(base.length);
  const row = new Float64Array(input);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = scale * (up[o * rank + r] ?? 0);
      for (let i = 0; i < input; i++) row[i] = (row[i] ?? 0) + factor * (down[r * input + i] ?? 0);
    }
    for (let i = 0; i < input; i++) result[o * input + i] = (base[o * input + i] ?? 0) + (row[i] ?? 0);
  }
  return result;
}
