import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeSafetensors, type Weights } from '@fgam/compile';
import { makeFolder, writeAtomic } from '@fgam/data';
import { modelsError } from '../error.js';
import { badWeights, weightFaults } from '../weight-faults.js';
import { textOf } from './checkpoint-files.js';
import type { PretrainedModel } from './load-pretrained.js';
import { INDEX_FILE, SINGLE_FILE } from './shard-files.js';

/**
 * Writes a checkpoint in the layout it was read in: the same small files, the same names of weights, the same
 * shards with their index, so that transformers loads it. Each file is written whole or not at all.
 *
 * @param model - its weights must be in memory
 * @param options - `dtype` of the files: `F32` (default) or `F16`
 * @throws FgamError `models/bad-weights` that lists every missing, misshaped and extra weight (an adapter is
 * to be merged first); the file system's error
 * @example
 * ```ts no-run
 * import { loadAdapter, loadPretrained, mergeAdapter, savePretrained } from '@fgam/models';
 *
 * const model = await loadPretrained('llava-1.5-7b-hf');
 * const adapter = await loadAdapter('my-adapter', model.family);
 * // A checkpoint of its own, which transformers loads too.
 * await savePretrained('my-llava', mergeAdapter(model, adapter), { dtype: 'F16' });
 * ```
 */
export async function savePretrained(
  folder: string,
  model: PretrainedModel,
  options: { readonly dtype?: 'F32' | 'F16' } = {},
): Promise<void> {
  const { dtype = 'F32' } = options;
  if (model.quantized !== undefined)
    throw modelsError(
      'models/bad-weights',
      "savePretrained: expected float32 weights in memory, got a model in 8 bits; load it with weights 'memory'",
    );
  const faults = weightFaults(model.family.weightSpecs, model.weights);
  if (faults.length > 0) throw badWeights('savePretrained: expected the weights of the config', faults);
  await makeFolder(folder);
  for (const part of new Set([...model.files.keys()].map((name) => dirname(join(folder, name)))))
    await makeFolder(part);
  for (const [name, bytes] of model.files) {
    if (name !== 'config.json') await writeAtomic(join(folder, name), bytes);
  }
  await writeAtomic(join(folder, 'config.json'), withType(textOf(model.files, 'config.json') ?? '{}', dtype));
  const shards = new Map<string, Record<string, Weights[string]>>();
  for (const [name, { file, stored }] of model.layout) {
    const shard = shards.get(file) ?? {};
    shard[stored] = model.weights[name] as Weights[string];
    shards.set(file, shard);
  }
  for (const [file, weights] of shards)
    await writeSafetensors(join(folder, file), weights, { metadata: { format: 'pt' }, dtype });
  // An index that was there before would have its own files read in place of this one.
  if (shards.size === 1 && shards.has(SINGLE_FILE)) await rm(join(folder, INDEX_FILE), { force: true });
  else await writeAtomic(join(folder, INDEX_FILE), jsonText(indexOf(model, dtype)));
}

function indexOf({ layout, weights }: PretrainedModel, dtype: 'F32' | 'F16'): object {
  const parameters = [...layout.keys()].reduce((sum, name) => sum + (weights[name]?.data.length ?? 0), 0);
  const map = [...layout.values()].map(({ file, stored }) => [stored, file] as const);
  return {
    metadata: { total_parameters: parameters, total_size: parameters * (dtype === 'F32' ? 4 : 2) },
    weight_map: Object.fromEntries(map.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/**
 * A config with the element type of the files, wherever it names one; else as it was written: transformers
 * takes 1.0 where it takes no 1, which are one number here.
 */
function withType(config: string, dtype: 'F32' | 'F16'): string {
  const type = dtype === 'F32' ? 'float32' : 'float16';
  return config.replace(/("(?:torch_)?dtype"\s*:\s*)"(?:float32|float16|bfloat16)"/g, `$1"${type}"`);
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
