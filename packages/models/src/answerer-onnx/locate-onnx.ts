import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ONNX_SUFFIXES } from '@fgam/data';
import { modelsError } from '../error.js';
import { messageOf } from './load-transformers.js';

/** A form of weights: `fp32` is `onnx/*.onnx`, `q8` is `onnx/*_quantized.onnx`. */
export type OnnxWeights = keyof typeof ONNX_SUFFIXES;

/** Names of {@link OnnxWeights}. */
export const ONNX_WEIGHTS: readonly string[] = Object.keys(ONNX_SUFFIXES);

/** Which export, and where it is. */
export interface OnnxChoice {
  /**
   * A folder laid out as transformers.js loads it, or the id of a model on the Hugging Face hub, such as
   * `onnx-community/Qwen2-VL-2B-Instruct`.
   */
  readonly model: string;
  /** Default `fp32`. */
  readonly weights?: OnnxWeights;
  /** Where models of the hub are kept. Default `~/.cache/fgam/models`. */
  readonly modelCache?: string;
}

/** An export as transformers.js is to load it. */
export interface LocatedOnnx {
  readonly id: string;
  readonly name: string;
  /** Where its files are, or will be. */
  readonly root: string;
  readonly options: {
    readonly dtype: OnnxWeights;
    readonly cache_dir?: string;
    readonly local_files_only?: boolean;
  };
}

const HUB_ID = /^[\w.-]+\/[\w.-]+$/;
const JSON_FILES = ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const GRAPHS = ['vision_encoder', 'embed_tokens', 'decoder_model_merged'];

/**
 * Where an export is: a folder, which is checked to be whole and where nothing is fetched, or a place on the hub.
 *
 * @throws FgamError `models/bad-request` for other weights; `models/missing-file` that lists what is
 * missing, and how to get it
 */
export function locateOnnx({ model, weights = 'fp32', modelCache }: OnnxChoice): LocatedOnnx {
  if (!ONNX_WEIGHTS.includes(weights))
    throw modelsError(
      'models/bad-request',
      `openOnnxAnswerer: expected weights to be ${ONNX_WEIGHTS.join(', ')}, got ${String(weights)}`,
    );
  const isFolder = statSync(model, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) {
    if (!HUB_ID.test(model)) throw missing(model, weights, [`the folder ${model}`]);
    const cache = modelCache ?? join(homedir(), '.cache', 'fgam', 'models');
    const options = { dtype: weights, cache_dir: cache };
    return { id: model, name: model, root: join(cache, model), options };
  }
  const root = resolve(model);
  const absent = filesOf(weights).filter((file) => !existsSync(join(root, file)));
  if (absent.length > 0) throw missing(root, weights, absent);
  return { id: root, name: basename(root), root, options: { dtype: weights, local_files_only: true } };
}

/** The error of an export of the hub that could not be fetched. */
export function notFetched({ root, name, options }: LocatedOnnx, cause: unknown): Error {
  return missing(root, options.dtype, [`${name} (fetching it failed: ${messageOf(cause)})`], cause);
}

function filesOf(weights: OnnxWeights): string[] {
  return [...JSON_FILES, ...GRAPHS.map((graph) => `onnx/${graph}${ONNX_SUFFIXES[weights]}.onnx`)];
}

function missing(root: string, weights: OnnxWeights, files: readonly string[], cause?: unknown): Error {
  return modelsError(
    'models/missing-file',
    `openOnnxAnswerer: expected an ONNX export in ${root}, missing: ${files.join(', ')}. ` +
      'On a machine with a connection run "hf download onnx-community/Qwen2-VL-2B-Instruct --local-dir FOLDER" (Hugging Face hub) ' +
      `and give FOLDER, which then holds ${filesOf(weights).join(', ')}; or give the id of a model on the hub, which is fetched`,
    { cause },
  );
}
