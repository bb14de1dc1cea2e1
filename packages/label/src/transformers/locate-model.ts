import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ONNX_SUFFIXES, readJson } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { filesSha256 } from '../files-sha256.js';
import { messageOf } from '../message-of.js';
import type { Transformers } from './load-transformers.js';

/** A form of weights: `fp32` is `onnx/*.onnx`, `q8` is `onnx/*_quantized.onnx`. */
export type WeightsType = keyof typeof ONNX_SUFFIXES;

/** Names of `WeightsType`. */
export const WEIGHTS_TYPES = Object.keys(ONNX_SUFFIXES) as readonly WeightsType[];

/** Which model, and where it is. */
export interface ModelChoice {
  /** A folder laid out as transformers.js loads it, or the id of a model on the Hugging Face hub. */
  readonly model: string;
  /** Default `fp32`. */
  readonly weights?: WeightsType;
  /** Where models of the hub are kept. Default `~/.cache/fgam/models`. */
  readonly modelCache?: string;
}

/** Kinds of models that are of use: graphs by `model_type`, and a model to fetch. */
export interface ModelKinds {
  readonly graphs: Readonly<Record<string, readonly string[]>>;
  readonly example: string;
}

/** A model that is known by its config. */
export interface LocatedModel {
  /** What transformers.js loads. */
  readonly id: string;
  /** The folder's name, or the hub's. */
  readonly name: string;
  /** `model_type` of its config. */
  readonly type: string;
  readonly options: {
    readonly dtype: WeightsType;
    readonly cache_dir?: string;
    readonly local_files_only?: boolean;
  };
  /**
   * SHA-256 over its files, once it is loaded: graphs, their external data, and the JSON files
   * that its output depends on.
   */
  sha256(): Promise<string>;
}

const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

const JSON_FILES = ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'];

const configSchema = z.looseObject({ model_type: z.string() });

/**
 * Finds a model: in a folder, where nothing is fetched, or on the hub, from where transformers.js fetches
 * what is not in its cache.
 *
 * @throws FgamError `label/missing-file` that lists what is missing and where it is to be had,
 * `label/bad-model` for another kind
 */
export async function locateModel(
  fn: string,
  choice: ModelChoice,
  kinds: ModelKinds,
  transformers: Transformers,
): Promise<LocatedModel> {
  const { model, weights = 'fp32', modelCache = join(homedir(), '.cache', 'fgam', 'models') } = choice;
  const isFolder = statSync(model, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && !HUB_ID.test(model)) throw missing(fn, model, kinds, [`the folder ${model}`]);
  const id = isFolder ? resolve(model) : model;
  const root = isFolder ? id : join(modelCache, model);
  const options = isFolder
    ? { dtype: weights, local_files_only: true }
    : { dtype: weights, cache_dir: modelCache };
  if (!isFolder) {
    try {
      await transformers.AutoConfig.from_pretrained(id, options);
    } catch (cause) {
      throw missing(
        fn,
        root,
        kinds,
        [`config.json (fetching it from the hub failed: ${messageOf(cause)})`],
        cause,
      );
    }
  } else if (!existsSync(join(root, 'config.json')))
    throw missing(fn, root, kinds, [...JSON_FILES, ...Object.values(kinds.graphs).flat().map(fileOf)]);
  const config = configSchema.safeParse(await readJson(join(root, 'config.json')));
  const type = config.success ? config.data.model_type : undefined;
  const graphs = type === undefined ? undefined : kinds.graphs[type];
  if (type === undefined || graphs === undefined)
    throw labelError(
      'label/bad-model',
      `${fn}: expected a model of type ${Object.keys(kinds.graphs).join(' or ')} in ${root}, got ${type ?? 'none'}; ${kinds.example} is one`,
    );
  const files = graphs.map((graph) => fileOf(`${graph}${ONNX_SUFFIXES[weights]}`));
  if (isFolder) {
    const absent = [...JSON_FILES, ...files].filter((file) => !existsSync(join(root, file)));
    if (absent.length > 0) throw missing(fn, root, kinds, absent);
  }
  return {
    ...{ id, type, options },
    name: isFolder ? basename(id) : model,
    sha256: () =>
      filesSha256([
        ...[...JSON_FILES, 'generation_config.json']
          .map((file) => join(root, file))
          .filter((path) => existsSync(path)),
        ...files.flatMap((file) => [join(root, file), ...externalData(join(root, 'onnx'), basename(file))]),
      ]),
  };
}

function fileOf(graph: string): string {
  return `onnx/${graph}.onnx`;
}

/** Such as `model.onnx_data`, `model.onnx_data_1`. */
function externalData(folder: string, graph: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${graph}_data`))
    .sort()
    .map((name) => join(folder, name));
}

function missing(
  fn: string,
  root: string,
  { example }: ModelKinds,
  files: readonly string[],
  cause?: unknown,
): Error {
  return labelError(
    'label/missing-file',
    `${fn}: expected a model in ${root}, missing: ${files.join(', ')}. On a machine with a connection run ` +
      `"hf download ${example} --local-dir FOLDER" (Hugging Face hub) and give FOLDER, which then holds ` +
      `${JSON_FILES.join(', ')} and onnx/; or give the id of a model on the hub, which is fetched`,
    { cause },
  );
}
