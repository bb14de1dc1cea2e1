import { join } from 'node:path';
import type { Communicator } from '@fgam/compile';
import { FgamError, PixelCache } from '@fgam/data';
import { countParameters, type FgamModel, saveModel, visionGrid } from '@fgam/models';
import {
  createModelStep,
  type LossWeights,
  readMetrics,
  type Step,
  type TrainingSource,
} from '@fgam/trainer';
import { say } from '../output.js';
import { readEvidenceFile, writeEvidenceFile } from '../ports/evidence-file.js';
import { readModuleForm, writeModuleFile } from '../ports/module-file.js';
import { type RunStart, runTraining } from '../run-training.js';
import { weightsSha256 } from '../weights-sha256.js';
import { modelFolder, openNamedModel } from './open-model.js';
import { runPretrained } from './run-pretrained.js';
import type { TrainConfig } from './train-config.js';
import { readTrainingData } from './training-data.js';
import { checkShares, isWriter } from './processes.js';
import { trainingModel } from './training-model.js';
import { trainingSources } from './training-sources.js';

/** How a run is started. */
export interface RunTrainOptions extends RunStart {
  /** Write the model with its adapter in it beside the adapter, for models of the Hugging Face hub. */
  readonly merge?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs the updates of a step as a config states them. */
export type TrainSteps = (step: Step) => ReturnType<typeof runTraining>;

/** What a run wrote. */
export interface TrainedFolders {
  readonly checkpoint: string;
  /** Model folder: what `--model` takes. */
  readonly model: string;
  /** Adapter folder, where one was trained: what `--adapter` takes beside that model. */
  readonly adapter?: string;
  /** Model folder with the adapter in it. */
  readonly merged?: string;
}

/** What a run came to. */
export interface TrainSummary extends TrainedFolders {
  readonly stage: TrainConfig['stage'];
  readonly out: string;
  readonly steps: number;
  readonly weights: LossWeights;
  /** Of the checkpoint's `model.safetensors`. */
  readonly sha256: string;
  /** Of the last update. */
  readonly loss: number | undefined;
}

/**
 * Trains what a config states and writes a model folder.
 *
 * @returns undefined in a process that trains with others and is not the one that writes
 * @throws FgamError as reading, training and saving do; `fgam/interrupted` after a checkpoint when the signal ended it
 */
export async function runTrain(
  config: TrainConfig,
  options: RunTrainOptions,
): Promise<TrainSummary | undefined> {
  const { resume, merge = false, ...run } = options;
  const { stage, out, steps, schedule, optimizer, saveEvery, weights } = config;
  const { microBatches, precision, worker } = config;
  const { communicator } = options;
  checkShares(config, communicator);
  const train: TrainSteps = (step) =>
    runTraining({
      label: `train ${stage}`,
      step,
      out,
      steps,
      schedule,
      optimizer,
      resume,
      ...(saveEvery === undefined ? {} : { saveEvery }),
      ...(microBatches === undefined ? {} : { microBatches }),
      ...(precision === undefined ? {} : { precision }),
      ...(worker === undefined ? {} : { worker }),
      ...run,
    });
  const folders =
    config.isPretrained === true
      ? await runPretrained(config, { merge, train, communicator })
      : await runCompact(config, train, communicator);
  if (folders === undefined) return undefined;
  const last = (await readMetrics(join(out, 'metrics.jsonl'))).at(-1);
  return {
    stage,
    out,
    steps,
    weights,
    ...folders,
    sha256: await weightsSha256(folders.checkpoint),
    loss: last?.loss,
  };
}

/** Trains one of FGAM's own models. */
async function runCompact(
  config: TrainConfig,
  train: TrainSteps,
  communicator: Communicator | undefined,
): Promise<TrainedFolders | undefined> {
  const { stage, out, batchSize, seed, weights, recompute } = config;
  const { maxRegions, regionPooling, negatives, wrongCaptions, relations, evidence } = config;
  const { statements, distill } = config;
  const data = await readTrainingData(config.data);
  const model = await trainingModel(config, data);
  const sources = await trainingSources(config, data, model);
  const teacher = distill && (await openTeacher(distill.teacher, config));
  const { imageSize } = visionGrid(model.config);
  say(`${countParameters(model.weights)} parameters, images of ${imageSize} x ${imageSize} pixels`);
  for (const { name, examples } of sources) say(`${name}: ${examples.length} rows`);
  say(
    `weights of the loss: ${Object.entries(weights)
      .map((part) => part.join(' '))
      .join(', ')}`,
  );
  const pixels = new PixelCache({ size: imageSize });
  if (evidence === undefined) await checkImages(sources, pixels);
  const step = createModelStep({
    name: stage,
    model,
    sources,
    weights,
    batchSize,
    seed,
    pixels,
    ...(maxRegions === undefined ? {} : { maxRegions }),
    ...(regionPooling === undefined ? {} : { regionPooling }),
    ...(negatives === undefined ? {} : { negatives }),
    ...(wrongCaptions === undefined ? {} : { wrongCaptions }),
    ...(relations === undefined ? {} : { relations }),
    ...(recompute === undefined ? {} : { recompute }),
    ...(evidence === undefined ? {} : { readsImages: false }),
    ...(teacher === undefined
      ? {}
      : {
          distillation: {
            teacher,
            ...(distill?.temperature === undefined ? {} : { temperature: distill.temperature }),
          },
        }),
  });
  const trained = await train(step);
  if (!isWriter(communicator)) return undefined;
  const folder = join(out, 'model');
  await saveModel(folder, { ...model, weights: trained.weights });
  if (evidence !== undefined) {
    const { grounding } = evidence;
    const by = grounding === undefined ? {} : { grounding: await weightsSha256(modelFolder(grounding)) };
    await writeEvidenceFile(folder, { ...evidence, ...by });
  }
  if (statements !== undefined) await writeModuleFile(folder, { describes: (statements.captions ?? 0) > 0 });
  return { checkpoint: trained.checkpoint, model: folder };
}

/**
 * The module that another learns from, which must read what that reads, and say what that says.
 *
 * @throws FgamError `fgam/bad-config` where one reads images and the other evidence, or one gives verdicts and the
 * other states what is true; as {@link readModuleForm}
 */
async function openTeacher(
  name: string,
  { evidence, statements }: Pick<TrainConfig, 'evidence' | 'statements'>,
): Promise<FgamModel> {
  const { model, folder } = await openNamedModel(name);
  const told = await readEvidenceFile(folder);
  const refuse = (expected: string): FgamError<'fgam/bad-config'> =>
    new FgamError('fgam/bad-config', `distill.teacher: expected a module that ${expected}, got ${name}`);
  if ((told === undefined) !== (evidence === undefined))
    throw refuse(
      evidence === undefined ? 'reads images, or "evidence" beside it' : 'reads evidence, as "evidence" asks',
    );
  const { states = false } = told ?? (await readModuleForm(folder));
  const shallState = evidence?.states ?? statements !== undefined;
  if (states !== shallState)
    throw refuse(shallState ? 'states what is true, as this one is to' : 'gives verdicts, as this one is to');
  return model;
}

/**
 * Decodes every image file before the first update, so that a broken one does not end a run midway. Images of
 * shards are no files, and were checked.
 */
async function checkImages(sources: readonly TrainingSource[], pixels: PixelCache): Promise<void> {
  const files = sources.flatMap(({ examples }) =>
    examples.flatMap(({ image }) => (typeof image === 'string' ? image : [])),
  );
  await pixels.loadAll([...new Set(files)]);
}
