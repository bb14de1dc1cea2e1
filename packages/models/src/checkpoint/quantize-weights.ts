import {
  type HostTensor,
  quantizedMemory,
  type QuantizedMatrix,
  type QuantizedMemory,
  quantizeMatrix,
  type Weights,
} from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import type { QuantizedMatrices } from '../execution.js';
import type { WeightSpec } from '../weight-specs.js';

const EMBEDDING = 'language_model.model.embed_tokens.weight';
const HEAD = 'language_model.lm_head.weight';

/** A model's weights, some of them in 8 bits. */
export interface QuantizedModelWeights {
  readonly weights: Weights;
  readonly quantized: QuantizedMatrices;
}

/**
 * Whether a weight is read in 8 bits: linear maps of the language model's layers and its head, which each
 * token that is decoded reads whole.
 */
function isQuantized(name: string): boolean {
  return name === HEAD || /^language_model\..*_proj\.weight$/.test(name);
}

/**
 * Reads a model's weights one by one and keeps those that decoding reads whole in 8 bits;
 * embeddings, norms, biases and the vision side stay float32. A head that is the embedding table
 * becomes a matrix of its own in 8 bits.
 *
 * @param specs - the model's weights
 * @param read - a weight by its name
 * @throws FgamError `compile/bad-weights` that names a matrix with NaN or infinities
 */
export async function quantizeWeights(
  specs: readonly WeightSpec[],
  config: LanguageConfig,
  read: (name: string) => Promise<HostTensor>,
): Promise<QuantizedModelWeights> {
  const memory = memoryOf(specs);
  const weights: Record<string, HostTensor> = {};
  const quantized: Record<string, QuantizedMatrix> = {};
  for (const { name } of specs) {
    const tensor = await read(name);
    const own = memory.get(name);
    if (own !== undefined) quantized[name] = quantizeMatrix(tensor, { memory: own, name });
    else weights[name] = tensor;
    if (name === EMBEDDING && config.text_config.tie_word_embeddings)
      quantized[HEAD] = quantizeMatrix(tensor, { name });
  }
  return { weights, quantized };
}

/**
 * Memory for what becomes 8 bits: maps of one module that read the same input lie one after the other, so
 * that they are multiplied as one.
 */
function memoryOf(specs: readonly WeightSpec[]): ReadonlyMap<string, QuantizedMemory> {
  const groups = new Map<string, WeightSpec[]>();
  for (const spec of specs) {
    if (!isQuantized(spec.name)) continue;
    const key = `${spec.name.replace(/[^.]+\.weight$/, '')} ${spec.shape[1]}`;
    groups.set(key, [...(groups.get(key) ?? []), spec]);
  }
  return new Map(
    [...groups.values()].flatMap((group) => {
      const parts = quantizedMemory(
        group.map(({ shape: [out = 0] }) => out),
        group[0]?.shape[1] ?? 0,
      );
      return group.map(({ name }, i) => [name, parts[i] as QuantizedMemory] as const);
    }),
  );
}
