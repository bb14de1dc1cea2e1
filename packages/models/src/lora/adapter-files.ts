import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@fgam/compile';
import { makeFolder, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import { badConfig, schemaFaults } from '../bad-config.js';
import { readJsonFile } from '../checkpoint/read-json-file.js';
import { ownName } from '../checkpoint/weight-names.js';
import type { FamilyModel } from '../families/family.js';
import { type Adapter, LORA_TARGETS } from './adapter.js';
import { adapterWeights } from './with-adapter.js';

const WEIGHTS_FILE = 'adapter_model.safetensors';
const CONFIG_FILE = 'adapter_config.json';
/** What PEFT puts before a module's name. */
const PREFIX = 'base_model.model.';

/** `adapter_config.json` of PEFT, as far as it is plain LoRA: what else it can say is refused. */
const configSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  bias: z.literal('none').default('none'),
  fan_in_fan_out: z.literal(false).nullish(),
  use_dora: z.literal(false).nullish(),
  use_rslora: z.literal(false).nullish(),
  modules_to_save: z.array(z.never()).nullish(),
  rank_pattern: z.record(z.string(), z.never()).nullish(),
  alpha_pattern: z.record(z.string(), z.never()).nullish(),
  // The matrices of others (PiSSA, OLoRA, CorDA, LoftQ) belong to a changed base.
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])]).nullish(),
  // LoRA that acts after some tokens alone.
  alora_invocation_tokens: z.null().optional(),
  use_qalora: z.literal(false).nullish(),
  layer_replication: z.null().optional(),
  lora_bias: z.literal(false).nullish(),
});

/**
 * Writes an adapter as PEFT does: `adapter_model.safetensors` and `adapter_config.json`, with the names that
 * modules have in transformers since 4.52. Each file is written whole or not at all.
 *
 * @param options - `base`: name or folder of the base model, for the config. Default: none
 * @throws FgamError as `adapterWeights`; the file system's error
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createAdapter, openFamily, saveAdapter } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'adapter-'));
 * const text_config = { vocab_size: 20, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 9, vision_config: {}, text_config });
 * const adapter = createAdapter(family, { rank: 2, targets: ['q_proj', 'v_proj'] });
 * await saveAdapter(folder, family, adapter, { base: 'llava-hf/llava-1.5-7b-hf' });
 * const text = await readFile(join(folder, 'adapter_config.json'), 'utf8');
 * if (!text.includes('"r": 2') || !text.includes('"lora_alpha": 4')) throw new Error(text);
 * ```
 */
export async function saveAdapter(
  folder: string,
  family: FamilyModel,
  adapter: Adapter,
  { base = null }: { readonly base?: string | null } = {},
): Promise<void> {
  adapterWeights(family, adapter);
  await makeFolder(folder);
  const weights = Object.entries(adapter.weights).map(
    ([name, weight]) => [PREFIX + moduleName(name, family), weight] as const,
  );
  await writeSafetensors(join(folder, WEIGHTS_FILE), Object.fromEntries(weights), {
    metadata: { format: 'pt' },
  });
  const config = {
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: adapter.rank,
    // A list of names would take in the vision tower's maps of the same names.
    target_modules: `.*language_model.*\\.(${adapter.targets.join('|')})`,
    task_type: 'CAUSAL_LM',
  };
  await writeAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Reads an adapter of a model from PEFT's two files, whichever generation of transformers named its modules.
 *
 * @throws FgamError `models/missing-file`; `models/bad-config` for what is not plain LoRA;
 * `models/bad-weights` that lists every way in which the adapter is not this model's
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createAdapter, loadAdapter, openFamily, saveAdapter } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'adapter-'));
 * const text_config = { vocab_size: 20, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const family = openFamily({ model_type: 'llava', image_token_index: 9, vision_config: {}, text_config });
 * await saveAdapter(folder, family, createAdapter(family, { rank: 2, targets: ['q_proj', 'v_proj'] }));
 * const { rank, alpha, targets, weights } = await loadAdapter(folder, family);
 * if (rank !== 2 || alpha !== 4 || targets.join() !== 'q_proj,v_proj') throw new Error(targets.join());
 * if (Object.keys(weights).length !== 4) throw new Error(Object.keys(weights).join());
 * ```
 */
export async function loadAdapter(folder: string, family: FamilyModel): Promise<Adapter> {
  const parsed = configSchema.safeParse(await readJsonFile('loadAdapter', join(folder, CONFIG_FILE)));
  if (!parsed.success) {
    const faults = schemaFaults(parsed.error);
    throw badConfig(`loadAdapter: expected plain LoRA in ${CONFIG_FILE}`, faults);
  }
  const { r: rank, lora_alpha: alpha } = parsed.data;
  const { weights: stored } = await readSafetensors(join(folder, WEIGHTS_FILE));
  const weights = Object.fromEntries(
    Object.entries(stored).map(([name, weight]) => [
      ownName(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, family.names),
      weight,
    ]),
  );
  const names = Object.keys(weights);
  const targets = LORA_TARGETS.filter((target) => names.some((name) => name.includes(`.${target}.lora_A.`)));
  const adapter = { rank, alpha, targets, weights };
  adapterWeights(family, adapter);
  return adapter;
}

/**
 * What transformers calls the module of a weight: the family's first rule that ends at the name's
 * beginning, read backwards.
 */
function moduleName(name: string, { names }: FamilyModel): string {
  const rule = names.find(([stored, own]) => stored !== own && name.startsWith(own));
  return rule === undefined ? name : rule[0] + name.slice(rule[1].length);
}
