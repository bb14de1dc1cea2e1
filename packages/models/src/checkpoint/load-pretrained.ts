import { totalmem } from 'node:os';
import type { StoredWeights, Weights } from '@fgam/compile';
import { modelsError } from '../error.js';
import type { QuantizedMatrices } from '../execution.js';
import type { FamilyModel } from '../families/family.js';
import { findFamily } from '../families/find-family.js';
import type { ImageProcessor } from '../processors/image-processor.js';
import { type ChatTemplate, openChatTemplate } from '../text/chat-template.js';
import { openPretrainedTokenizer, type PretrainedTokenizer } from '../text/pretrained-tokenizer.js';
import {
  chatTemplateText,
  type CheckpointFiles,
  INSTRUCTION_TOKENIZER,
  objectIn,
  readCheckpointFiles,
} from './checkpoint-files.js';
import { quantizeWeights } from './quantize-weights.js';
import { openShards, type Shards, type StoredAt } from './read-shards.js';

/** A model of the Hugging Face hub: what its folder holds, ready to run. */
export interface PretrainedModel {
  readonly family: FamilyModel;
  /** float32, by the names of the blocks; without those that stay in their files. */
  readonly weights: Weights;
  /** Weights that stay in their files; undefined where all were read. */
  readonly stored: StoredWeights | undefined;
  /** Linear maps that were read in 8 bits, which are not among the weights; undefined where none were. */
  readonly quantized: QuantizedMatrices | undefined;
  readonly tokenizer: PretrainedTokenizer;
  /** Of the prompts that visual tokens depend on; undefined where they depend on the image alone. */
  readonly instructionTokenizer: PretrainedTokenizer | undefined;
  readonly processor: ImageProcessor;
  /** Undefined where the checkpoint has none. */
  readonly chatTemplate: ChatTemplate | undefined;
  /** The text that stands for an image in a prompt. */
  readonly imageToken: string;
  /** Tokens that end an answer. */
  readonly endIds: readonly number[];
  /** Texts that end one: `stop_strings` of `generation_config.json`. */
  readonly stopTexts: readonly string[];
  /** Small files as they were read, and where each weight is stored: what `savePretrained` writes again. */
  readonly files: CheckpointFiles;
  readonly layout: ReadonlyMap<string, StoredAt>;
}

/** Options of {@link loadPretrained}. */
export interface LoadPretrainedOptions {
  /**
   * Default `memory`: read, widened to float32. `files`: they stay in the files' pages, in their element
   * type. `fitting`: in memory where float32 takes at most half of the machine's, else in the files. `int8`:
   * linear maps of the language model and its head in 8 bits, made of them tensor by tensor (figures of what
   * it costs in docs/log.md, "Weights in 8 bits"); for generation, not for training or saving. A function
   * says of each weight whether it is read, as what is to be trained must be.
   */
  readonly weights?:
    | 'memory'
    | 'files'
    | 'fitting'
    | 'int8'
    | ((name: string, family: FamilyModel) => boolean);
}

/** Where weights may be, by name. */
const WEIGHTS: readonly unknown[] = [
  'memory',
  'files',
  'fitting',
  'int8',
] satisfies LoadPretrainedOptions['weights'][];

/**
 * Reads a folder of the Hugging Face hub: `config.json` (model types: `llava`, `qwen2_vl`, `instructblip`,
 * `blip-2`, `minigpt4`), `tokenizer.json` (InstructBLIP has one more in `qformer_tokenizer`), the processor's
 * config, a chat template and safetensors in one file or in shards with an index. Headers are compared with
 * the config before any weight is read; F16 and BF16 widen to float32. Pickle files are never opened.
 *
 * @throws FgamError `models/bad-checkpoint` that lists every way in which weights, tokenizer and
 * config disagree; `models/bad-config`, `models/bad-tokenizer`, `models/missing-file`,
 * `models/bad-request` for other `weights`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { writeSafetensors } from '@fgam/compile';
 * import { createTokenizer, loadPretrained, openFamily } from '@fgam/models';
 *
 * // A checkpoint of a few thousand numbers, all of them 0.01, in place of one that was downloaded.
 * const folder = await mkdtemp(join(tmpdir(), 'llava-'));
 * const { json: tokenizer, size } = createTokenizer(['red', 'dot']);
 * const tiny = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2, num_attention_heads: 2 };
 * const vision_config = { ...tiny, image_size: 8, patch_size: 4 };
 * const text_config = { ...tiny, vocab_size: size };
 * const config = { model_type: 'llava', image_token_index: 3, vision_config, text_config };
 * const processor = { size: { height: 8, width: 8 }, do_center_crop: false };
 * await writeFile(join(folder, 'config.json'), JSON.stringify(config));
 * await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
 * await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(processor));
 * const weights = openFamily(config).weightSpecs.map(({ name, shape }) => {
 *   const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.01);
 *   return [name, { shape, dtype: 'float32', data }] as const;
 * });
 * await writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(weights));
 *
 * const model = await loadPretrained(folder);
 * // The same weights, but left in the pages of their file.
 * const countOf = (tensors: object) => Object.keys(tensors).length;
 * const inFiles = await loadPretrained(folder, { weights: 'files' });
 * const { modelType } = model.family;
 * if (modelType !== 'llava' || model.imageToken !== '<image>') throw new Error(model.imageToken);
 * const counts = [model.weights, inFiles.weights, inFiles.stored?.tensors ?? {}].map(countOf);
 * if (counts.join() !== `${weights.length},0,${weights.length}`) throw new Error(counts.join());
 * ```
 */
export async function loadPretrained(
  folder: string,
  options: LoadPretrainedOptions = {},
): Promise<PretrainedModel> {
  const { weights = 'memory' } = options;
  if (typeof weights !== 'function' && !WEIGHTS.includes(weights))
    throw modelsError(
      'models/bad-request',
      `loadPretrained: expected weights to be ${WEIGHTS.join(', ')} or a function, got ${String(weights)}`,
    );
  const files = await readCheckpointFiles(folder).catch((cause: unknown) => {
    throw modelsError('models/missing-file', `loadPretrained: expected a folder ${folder}`, { cause });
  });
  const needed = (name: string) => {
    const value = objectIn(files, name);
    if (value !== undefined) return value;
    throw modelsError('models/missing-file', `loadPretrained: expected ${name} in ${folder}, found none`);
  };
  const config = needed('config.json');
  const family = findFamily(config).open(config);
  const tokenizerConfig = objectIn(files, 'tokenizer_config.json') ?? {};
  const tokenizer = openPretrainedTokenizer(needed('tokenizer.json'), tokenizerConfig);
  const second = (name: string) => `${INSTRUCTION_TOKENIZER}/${name}`;
  const instructionTokenizer =
    family.instruction &&
    openPretrainedTokenizer(
      needed(second('tokenizer.json')),
      objectIn(files, second('tokenizer_config.json')) ?? {},
    );
  const processor = family.createProcessor(processorConfig(files, needed));
  const shards = await openShards(folder, { ...family, specs: family.weightSpecs });
  const faults = [...shards.faults, ...tokenizerFaults(family, tokenizer, instructionTokenizer)];
  if (faults.length > 0) {
    throw modelsError(
      'models/bad-checkpoint',
      `loadPretrained: ${folder}: expected weights and tokenizer of the config, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
    );
  }
  return {
    family,
    ...(await readWeights(family, shards, weights)),
    tokenizer,
    instructionTokenizer,
    processor,
    chatTemplate: chatTemplate(files, tokenizerConfig, tokenizer),
    imageToken: tokenizer.idToken(family.imageTokenId) ?? '',
    endIds: endIds(files, config),
    stopTexts: stopTexts(files),
    files,
    layout: shards.layout,
  };
}

async function readWeights(
  family: FamilyModel,
  shards: Shards,
  how: NonNullable<LoadPretrainedOptions['weights']>,
): Promise<Pick<PretrainedModel, 'weights' | 'stored' | 'quantized'>> {
  if (how === 'int8') {
    const { weightSpecs, config } = family;
    return {
      stored: undefined,
      ...(await quantizeWeights(weightSpecs, config, (name) => shards.readOne(name))),
    };
  }
  const isRead = (name: string): boolean =>
    typeof how === 'function'
      ? how(name, family)
      : how === 'memory' || (how === 'fitting' && fitsMemory(family));
  const staying = Object.entries(shards.stored.tensors).filter(([name]) => !isRead(name));
  return {
    weights: await shards.read(isRead),
    stored: staying.length === 0 ? undefined : { ...shards.stored, tensors: Object.fromEntries(staying) },
    quantized: undefined,
  };
}

function fitsMemory({ weightSpecs }: FamilyModel): boolean {
  const numbers = weightSpecs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return 4 * numbers <= totalmem() / 2;
}

/** The image processor's config: a file of its own (transformers 4) or a part of the processor's (5). */
function processorConfig(
  files: CheckpointFiles,
  needed: (name: string) => Readonly<Record<string, unknown>>,
): unknown {
  return objectIn(files, 'processor_config.json')?.['image_processor'] ?? needed('preprocessor_config.json');
}

function tokenizerFaults(
  family: FamilyModel,
  tokenizer: PretrainedTokenizer,
  second: PretrainedTokenizer | undefined,
): string[] {
  const faults: string[] = [];
  const { vocab_size: size } = family.config.text_config;
  if (tokenizer.size > size)
    faults.push(`tokenizer.json: expected at most vocab_size ${size} tokens, got ${tokenizer.size}`);
  const words = family.instruction?.vocabulary ?? 0;
  if (second !== undefined && second.size > words)
    faults.push(
      `${INSTRUCTION_TOKENIZER}/tokenizer.json: expected at most qformer_config.vocab_size ${words} tokens, got ${second.size}`,
    );
  if (tokenizer.idToken(family.imageTokenId) === undefined)
    faults.push(
      `tokenizer.json: expected the image token ${family.imageTokenId} of config.json, it has none of that id`,
    );
  return faults;
}

function chatTemplate(
  files: CheckpointFiles,
  tokenizerConfig: Readonly<Record<string, unknown>>,
  { roles }: PretrainedTokenizer,
): ChatTemplate | undefined {
  const text = chatTemplateText(files, tokenizerConfig);
  return text === undefined ? undefined : openChatTemplate(text, roles);
}

/** `eos_token_id` of `generation_config.json`, else of `config.json`, else of its text config. */
function endIds(files: CheckpointFiles, config: Readonly<Record<string, unknown>>): number[] {
  const text = config['text_config'];
  const sources = [objectIn(files, 'generation_config.json'), config, text] as readonly unknown[];
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || !('eos_token_id' in source)) continue;
    const ids = [source.eos_token_id].flat().filter((id): id is number => typeof id === 'number');
    if (ids.length > 0) return ids;
  }
  // LlamaConfig's default.
  return [2];
}

function stopTexts(files: CheckpointFiles): string[] {
  const given = objectIn(files, 'generation_config.json')?.['stop_strings'];
  return [given].flat().filter((text): text is string => typeof text === 'string' && text !== '');
}
