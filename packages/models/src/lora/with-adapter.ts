import type { HostTensor, Weights } from '@fgam/compile';
import type { FamilyModel } from '../families/family.js';
import { badWeights, weightFaults } from '../weight-faults.js';
import { type Adapter, adapterScales, adapterSpecs } from './adapter.js';

/**
 * An adapter's weights as the blocks read them: A, B and the scale alpha / r of each map. Beside the base's
 * weights they are the adapted model's; a training step trains those of `isAdapterWeight`.
 *
 * @throws FgamError `models/bad-weights` that lists every missing, extra and misshaped weight
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
 */
export function withAdapter<Model extends { readonly family: FamilyModel; readonly weights: Weights }>(
  model: Model,
  adapter: Adapter,
): Model {
  return { ...model, weights: { ...model.weights, ...adapterWeights(model.family, adapter) } };
}
