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
