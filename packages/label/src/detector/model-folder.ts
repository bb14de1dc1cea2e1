import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listFaults, readJson } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import type { PixelScale } from './prepare-image.js';
import type { EdgeLimits } from './resized-size.js';

/** A Grounding DINO's folder, read. */
export interface ModelFolder {
  /** Paths of the weights: the ONNX file, and the file of its external data where it has one. */
  readonly weights: readonly [string, ...string[]];
  /** Paths of its JSON files, on which its answers depend too. */
  readonly settings: readonly string[];
  readonly maxTokens: number;
  readonly queries: number;
  readonly edges: EdgeLimits;
  readonly scale: PixelScale;
  /** Values of tokenizer.json and tokenizer_config.json. */
  readonly tokenizer: { readonly json: object; readonly config: object };
}

/** Files of weights, in the order in which they are looked for. */
const WEIGHTS = [
  'onnx/model.onnx',
  'onnx/model_fp16.onnx',
  'onnx/model_quantized.onnx',
  'model.onnx',
] as const;

const FILES = ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'] as const;

const configSchema = z.object({
  model_type: z.literal('grounding-dino'),
  max_text_len: z.int().min(4).default(256),
  num_queries: z.int().positive().default(900),
});

const triple = z.tuple([z.number(), z.number(), z.number()]);

const preprocessorSchema = z.object({
  do_resize: z.literal(true).default(true),
  do_rescale: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  image_mean: triple.default([0.485, 0.456, 0.406]),
  image_std: z
    .tuple([z.number().positive(), z.number().positive(), z.number().positive()])
    .default([0.229, 0.224, 0.225]),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  size: z
    .object({ shortest_edge: z.int().positive(), longest_edge: z.int().positive() })
    .default({ shortest_edge: 800, longest_edge: 1333 }),
});

/**
 * Reads a Grounding DINO's folder, laid out as on the Hugging Face hub.
 *
 * @param folder - holds config.json, preprocessor_config.json, tokenizer.json,
 * tokenizer_config.json and onnx/model.onnx
 * @param weights - path of the ONNX file in the folder. Default: the first there of onnx/model.onnx,
 * onnx/model_fp16.onnx, onnx/model_quantized.onnx, model.onnx
 * @throws FgamError `label/missing-file` that lists what is missing and where it is to be had;
 * `label/bad-model` where a config is not Grounding DINO's; `data/bad-json`
 */
export async function readModelFolder(folder: string, weights?: string): Promise<ModelFolder> {
  const choices = weights === undefined ? WEIGHTS : [weights];
  const found = choices.find((name) => existsSync(join(folder, name)));
  const missing = FILES.filter((name) => !existsSync(join(folder, name)));
  if (found === undefined || missing.length > 0)
    throw missingFiles(folder, [...missing, ...(found === undefined ? [choices.join(' or ')] : [])]);
  const read = (name: (typeof FILES)[number]) => readJson(join(folder, name));
  const config = check(configSchema, await read('config.json'), join(folder, 'config.json'));
  const preprocessor = check(
    preprocessorSchema,
    await read('preprocessor_config.json'),
    join(folder, 'preprocessor_config.json'),
  );
  const object = z.looseObject({});
  const external = join(folder, `${found}_data`);
  return {
    weights: [join(folder, found), ...(existsSync(external) ? [external] : [])],
    settings: FILES.map((name) => join(folder, name)),
    maxTokens: config.max_text_len,
    queries: config.num_queries,
    edges: {
      shortestEdge: preprocessor.size.shortest_edge,
      longestEdge: preprocessor.size.longest_edge,
    },
    scale: {
      rescaleFactor: preprocessor.rescale_factor,
      mean: preprocessor.image_mean,
      std: preprocessor.image_std,
    },
    tokenizer: {
      json: check(object, await read('tokenizer.json'), join(folder, 'tokenizer.json')),
      config: check(object, await read('tokenizer_config.json'), join(folder, 'tokenizer_config.json')),
    },
  };
}

function missingFiles(folder: string, missing: readonly string[]): Error {
  return labelError(
    'label/missing-file',
    `createGroundingDino: expected a Grounding DINO in ${folder}, missing there: ${missing.join(', ')}. Nothing is downloaded for you: ` +
      `on a machine with a connection run "hf download onnx-community/grounding-dino-tiny-ONNX --local-dir ${folder}" (Hugging Face hub; ` +
      `or export IDEA-Research/grounding-dino-tiny to ONNX), and put ${FILES.join(', ')} and onnx/model.onnx in that folder`,
  );
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw labelError(
    'label/bad-model',
    `createGroundingDino: expected ${path} of a Grounding DINO, got: ${listFaults(result.error, 'file').join('; ')}; check that the folder is of one`,
  );
}
