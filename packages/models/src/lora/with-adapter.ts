import type { HostTensor, Weights } from '@fgam/compile';
import { modelsError } from '../error.js';
import type { FamilyModel } from '../families/family.js';
import { type Adapter, adapterSpecs } from './adapter.js';

/**
 * An adapter's weights as the blocks read them: A, B and the scale alpha / r of each map. Beside the base's weights they are the adapted model's; a training
 * step trains those of `isAdapterWeight`.
 *
 * @throws FgamError `models/bad-weights` that lists every missing, extra and misshaped weight
 */
export function adapterWeights(family: Pick<FamilyModel, 'weightSpecs'>, adapter: Adapter): Weights {
  const specs = new Map(adapterSpecs(family, adapter).map(({ name, shape }) => [name, shape]));
  const faults: string[] = [];
  for (const [name, shape] of specs) {
    const found = adapter.weights[name];
    if (found === undefined) faults.push(`missing ${name} [${shape.join(', ')}]`);
    else if (found.dtype !== 'float32' || found.shape.join() !== shape.join())
      faults.push(
        `${name}: expected float32 [${shape.join(', ')}], got ${found.dtype} [${found.shape.join(', ')}]`,
      );
  }
  for (const name of Object.keys(adapter.weights)) if (!specs.has(name)) faults.push(`unexpected ${name}`);
  if (specs.size === 0) faults.push(`the model has no map among ${adapter.targets.join(', ')}`);
  if (faults.length > 0)
    throw modelsError(
      'models/bad-weights',
      `adapter: expected one of this model, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
    );
  const scales: Record<string, HostTensor> = {};
  for (const name of specs.keys()) {
    if (!name.endsWith('.lora_A.weight')) continue;
    const data = Float32Array.of(adapter.alpha / adapter.rank);
    scales[name.replace(/\.lora_A\.weight$/, '.lora_scale')] = { shape: [], dtype: 'float32', data };
  }
  return { ...adapter.weights, ...scales };
}

/**
 * A model with an adapter beside its weights, in memory or in files: what generation takes. `savePretrained` would leave it out: merge it first.
 *
 * @throws FgamError as {@link adapterWeights}
 */
export function withAdapter<Model extends { readonly family: FamilyModel; readonly weights: Weights }>(
  model: Model,
  adapter: Adapter,
): Model {
  return { ...model, weights: { ...model.weights, ...adapterWeights(model.family, adapter) } };
}
