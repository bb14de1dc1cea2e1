import { copyFile, link as linkFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportDynamicGraph, readStoredTensors, type StoredWeight } from '@fgam/compile';
import { makeFolder, writeAtomic } from '@fgam/data';
import { type CheckpointFiles, readCheckpointFiles } from '../checkpoint/checkpoint-files.js';
import { isPretrainedFolder } from '../checkpoint/is-pretrained-folder.js';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { loadModel } from '../model.js';
import { compactGraphs, type OnnxGraphPlan, pretrainedGraphs } from './onnx-graphs.js';
import { transformersFiles } from './transformers-files.js';

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Folder to write. */
  readonly out: string;
  /**
   * Whether weights are hard links and not copies, for which both folders must be of one
   * file system. Default false.
   */
  readonly link?: boolean;
}

/** What was written. */
export interface OnnxExport {
  /** `model_type` of the checkpoint, or `compact`. */
  readonly modelType: string;
  /** Paths of the graphs below the folder. */
  readonly graphs: readonly string[];
  /** Paths of the weights, which the graphs refer to. */
  readonly weights: readonly string[];
  /** Whether transformers.js has a class for it, so that `openOnnxAnswerer` opens the folder. */
  readonly isOpenable: boolean;
}

/** Below the folder: graphs, and the weights beside them, as runtimes refuse to look elsewhere. */
const GRAPH_FOLDER = 'onnx';

/**
 * Writes a model's inference as ONNX graphs that take any number of rows, tokens and cached tokens, over the
 * weights in their own safetensors files (ONNX external data, in their element type; computed in float32). A
 * checkpoint of the hub becomes `onnx/vision_encoder.onnx`, `embed_tokens.onnx` and
 * `decoder_model_merged.onnx` beside its small files, as transformers.js loads a LLaVA; a compact model
 * `vision_prefix.onnx` and `decoder_model_merged.onnx`.
 *
 * @param source - folder of a model
 * @throws FgamError `models/not-exported` for Qwen2-VL, whose images are of many sizes; as `loadPretrained`
 * and `loadModel`; the file system's error
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { compactConfig, createTokenizer, createWeights, exportOnnx, saveModel } from '@fgam/models';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'onnx-'));
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const vision_config = { image_size: 16, hidden_size: 8 };
 * const text_config = { vocab_size: tokenizer.size, hidden_size: 8 };
 * const config = compactConfig({ vision_config, text_config });
 * await saveModel(join(folder, 'model'), { config, tokenizer, weights: createWeights(config, 1) });
 * const { graphs, weights } = await exportOnnx(join(folder, 'model'), { out: join(folder, 'out') });
 * const wanted = 'onnx/vision_prefix.onnx,onnx/decoder_model_merged.onnx';
 * if (graphs.join() !== wanted) throw new Error(graphs.join());
 * if (weights.join() !== 'onnx/model.safetensors') throw new Error(weights.join());
 * ```
 */
export async function exportOnnx(source: string, options: ExportOnnxOptions): Promise<OnnxExport> {
  const { out, link = false } = options;
  const plan = (await isPretrainedFolder(source)) ? await pretrainedPlan(source) : await compactPlan(source);
  const folder = join(out, GRAPH_FOLDER);
  await makeFolder(folder);
  const files = [...new Set(Object.values(plan.weights).map(({ file }) => file))];
  for (const file of files) {
    // Caches of the hub hold links, and runtimes follow none that leads out of the graphs' folder.
    const [from, to] = [await realpath(join(source, file)), join(folder, file)];
    await rm(to, { force: true });
    await (link ? linkFile(from, to) : copyFile(from, to));
  }
  for (const { name, program, inputs } of plan.graphs)
    await exportDynamicGraph(join(folder, `${name}.onnx`), program, { inputs, weights: plan.weights, name });
  for (const [name, bytes] of plan.files) await writeAtomic(join(out, name), bytes);
  const below = (name: string) => `${GRAPH_FOLDER}/${name}`;
  return {
    modelType: plan.modelType,
    graphs: plan.graphs.map(({ name }) => below(`${name}.onnx`)),
    weights: files.map(below),
    isOpenable: plan.isOpenable,
  };
}

interface ExportPlan extends Pick<OnnxExport, 'modelType' | 'isOpenable'> {
  readonly graphs: readonly OnnxGraphPlan[];
  readonly weights: Readonly<Record<string, StoredWeight>>;
  readonly files: CheckpointFiles;
}

async function pretrainedPlan(source: string): Promise<ExportPlan> {
  const model = await loadPretrained(source, { weights: 'files' });
  const { family, stored, files } = model;
  const graphs = pretrainedGraphs(family);
  return {
    modelType: family.modelType,
    graphs,
    weights: stored?.tensors ?? {},
    isOpenable: family.modelType === 'llava',
    files: family.modelType === 'llava' ? transformersFiles(model) : files,
  };
}

async function compactPlan(source: string): Promise<ExportPlan> {
  const { config } = await loadModel(source);
  const file = 'model.safetensors';
  const stored = Object.entries(await readStoredTensors(join(source, file)));
  return {
    modelType: 'compact',
    graphs: compactGraphs(config),
    isOpenable: false,
    weights: Object.fromEntries(stored.map(([name, tensor]) => [name, { ...tensor, file }])),
    files: await readCheckpointFiles(source),
  };
}
