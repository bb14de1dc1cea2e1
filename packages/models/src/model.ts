import { join } from 'node:path';
import { readSafetensors, type Weights, writeSafetensors } from '@fgam/compile';
import { makeFolder, writeAtomic } from '@fgam/data';
import { quantizeWeights } from './checkpoint/quantize-weights.js';
import { readJsonFile } from './checkpoint/read-json-file.js';
import { type ModelConfig, parseConfig } from './config.js';
import { modelsError } from './error.js';
import type { QuantizedMatrices } from './execution.js';
import { type Tokenizer, openTokenizer } from './tokenizer.js';
import { weightFaults } from './weight-faults.js';
import { weightSpecs } from './model-specs.js';

/** A model: what a folder of `config.json`, `tokenizer.json` and `model.safetensors` holds. */
export interface FgamModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  /** Linear maps in 8 bits, which are not among the weights: for generation alone. Default: none. */
  readonly quantized?: QuantizedMatrices | undefined;
}

/**
 * Reads a model folder: `config.json`, `tokenizer.json`, `model.safetensors`. F16 and BF16 weights widen to float32.
 *
 * @param options - `weights`: `memory` (default), or `int8`: linear maps of the language model and its head
 * in 8 bits, for generation alone
 * @throws FgamError `models/missing-file`, `models/bad-config`, `models/bad-tokenizer`, as
 * {@link checkModel}, or compile's own for a damaged safetensors file
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { compactConfig, createTokenizer, createWeights, loadModel, saveModel } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'model-'));
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size, hidden_size: 8 } });
 * await saveModel(folder, { config, tokenizer, weights: createWeights(config, 1) });
 * const model = await loadModel(folder);
 * const table = model.weights['language_model.model.embed_tokens.weight'];
 * if (table?.shape.join() !== '42,8') throw new Error(table?.shape.join());
 * if (model.tokenizer.encode('red dot').join() !== '40,41') throw new Error('not the words that were saved');
 * ```
 */
export async function loadModel(
  folder: string,
  options: { readonly weights?: 'memory' | 'int8' } = {},
): Promise<FgamModel> {
  const config = parseConfig(await readJsonFile('loadModel', join(folder, 'config.json')));
  const tokenizer = openTokenizer(await readJsonFile('loadModel', join(folder, 'tokenizer.json')));
  const { weights } = await readSafetensors(join(folder, 'model.safetensors'));
  const model = { config, weights, tokenizer };
  checkModel(model);
  if (options.weights !== 'int8') return model;
  const read = async (name: string) => weights[name] as Weights[string];
  return { ...model, ...(await quantizeWeights(weightSpecs(config), config, read)) };
}

/**
 * Writes a model folder, each file whole or not at all.
 *
 * @param options - `dtype` of the file: `F32` (default) or `F16` (half the size, about three decimal digits)
 * @throws FgamError as {@link checkModel}; the file system's error when the folder can't be written
 * @example
 * ```ts
 * import { mkdtemp, readdir } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { compactConfig, createTokenizer, createWeights, saveModel } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'model-'));
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size, hidden_size: 8 } });
 * await saveModel(folder, { config, tokenizer, weights: createWeights(config, 1) }, { dtype: 'F16' });
 * const files = (await readdir(folder)).sort().join();
 * if (files !== 'config.json,model.safetensors,tokenizer.json') throw new Error(files);
 * ```
 */
export async function saveModel(
  folder: string,
  model: FgamModel,
  options: { readonly dtype?: 'F32' | 'F16' } = {},
): Promise<void> {
  checkModel(model);
  await makeFolder(folder);
  await writeAtomic(join(folder, 'config.json'), `${JSON.stringify(model.config, null, 2)}\n`);
  await writeAtomic(join(folder, 'tokenizer.json'), `${JSON.stringify(model.tokenizer.json, null, 2)}\n`);
  await writeSafetensors(join(folder, 'model.safetensors'), model.weights, {
    metadata: { format: 'pt' },
    ...options,
  });
}

/**
 * Checks that config, tokenizer and weights belong together.
 *
 * @throws FgamError that lists everything that disagrees at once: `models/bad-weights` where a weight does,
 * else `models/bad-tokenizer`
 * @example
 * ```ts
 * import { checkModel, compactConfig, createTokenizer, createWeights } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const config = compactConfig({ text_config: { vocab_size: 41, hidden_size: 8 } });
 * let told = '';
 * try {
 *   checkModel({ config, tokenizer, weights: createWeights(config, 1) });
 * } catch (error) {
 *   told = String(error);
 * }
 * if (!told.includes('expected at most text_config.vocab_size 41 tokens, got 42')) throw new Error(told);
 * ```
 */
export function checkModel({ config, weights, tokenizer, quantized }: FgamModel): void {
  if (quantized !== undefined)
    throw modelsError(
      'models/bad-weights',
      "checkModel: expected all weights in float32, got a model in 8 bits, which can generate alone; load it with weights 'memory'",
    );
  const ofWeights = weightFaults(weightSpecs(config), weights);
  const ofTokenizer = tokenizerFaults(config, tokenizer);
  const faults = [...ofWeights, ...ofTokenizer];
  if (faults.length === 0) return;
  throw modelsError(
    ofWeights.length > 0 ? 'models/bad-weights' : 'models/bad-tokenizer',
    `checkModel: expected weights and tokenizer of the config, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}

function tokenizerFaults(
  { text_config: text, image_token_index, fgam }: ModelConfig,
  tokenizer: Tokenizer,
): string[] {
  const faults: string[] = [];
  const { vocab_size: size } = text;
  if (tokenizer.size > size)
    faults.push(
      `tokenizer.json: expected at most text_config.vocab_size ${size} tokens, got ${tokenizer.size}`,
    );
  if (tokenizer.imageId !== image_token_index)
    faults.push(
      `tokenizer.json: expected <image> to be image_token_index ${image_token_index}, got ${tokenizer.imageId}`,
    );
  const end = fgam.text_tower?.eos_token_id ?? tokenizer.eosId;
  if (end !== tokenizer.eosId)
    faults.push(
      `tokenizer.json: expected <eos> to be fgam.text_tower.eos_token_id ${end}, got ${tokenizer.eosId}`,
    );
  return faults;
}
