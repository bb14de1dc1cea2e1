import { dirname, resolve } from 'node:path';
import { readJson, type RegionPooling, type RelationOptions } from '@fgam/data';
import type { Precision } from '@fgam/compile';
import { type AdapterOptions, type HeadOverrides, type ModelPart, type Recompute } from '@fgam/models';
import type { HaclOptions, LossWeights, ModelStepOptions, OptimizerSettings, Schedule } from '@fgam/trainer';
import { COMPACT_OPTIMIZER, PRETRAINED_OPTIMIZER } from '../recipes/optimizer.js';
import { isHubFolder } from './is-hub-folder.js';
import { isTrajectoryFile } from './is-trajectory-file.js';
import { isModelName, isShippedName } from './model-names.js';
import { acceptConfig, checkConfig, type Checked, type ConfigOverrides } from './parse-config.js';
import { PRETRAINED_KEYS, TRAIN_SCHEMAS } from './train-schema.js';

/** What `fgam train` can do: stage 1, instruction tuning, the rectification module. */
export type TrainStage = keyof typeof TRAIN_SCHEMAS;

/** A training run as its config file and the command line state it; paths are absolute. */
export interface TrainConfig {
  readonly stage: TrainStage;
  /** A scenes folder or a shard folder; for SFT and the rectification module a file of trajectories, too. */
  readonly data: string;
  /** `compact-base`, `compact-minigpt4`, `new`, `new-small` or a model folder. */
  readonly model: string;
  /** Whether that is a folder of the Hugging Face hub. */
  readonly isPretrained?: true;
  /** Of models of the hub: what is trained in place of their weights. */
  readonly adapter?: Omit<AdapterOptions, 'seed'>;
  /** ... parts that are not trained, where there is no adapter. */
  readonly frozen?: readonly ModelPart[];
  /** ... how questions and revisions are written into prompts. */
  readonly prompts?: 'paper-1' | 'instruct-1';
  /** ... tokens that rows are padded to. */
  readonly rowTokens?: number;
  /** Folder that the images of a trajectory file are relative to. */
  readonly images?: string;
  /** ... SFT with HACL beside the answers. */
  readonly hacl?: HaclOptions;
  readonly out: string;
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerSettings;
  readonly saveEvery?: number;
  /** Equal parts that a batch is taken in. */
  readonly microBatches?: number;
  readonly precision?: Precision;
  /** Activations that are computed again in the backward pass: all, or those that are cheap to compute. */
  readonly recompute?: Recompute;
  /** Updates run in a worker thread. */
  readonly worker?: boolean;
  readonly maxRegions?: number;
  /** Stage 1: whether regions are pooled by their boxes or their masks. */
  readonly regionPooling?: RegionPooling;
  /** Stage 1: heads that the model is to have. */
  readonly heads?: HeadOverrides;
  /** Stage 1 with hard negatives: wrong descriptions of each region. */
  readonly negatives?: ModelStepOptions['negatives'];
  /** Stage 1 with HACL: wrong captions of each image at a visit. */
  readonly wrongCaptions?: number;
  /** Stage 1: what two boxes are to each other. */
  readonly relations?: RelationOptions;
  readonly weights: LossWeights;
  /** SFT: revisions beside questions; `share` and `copying`, on texts alone, are shares of all updates. */
  readonly corrections?: { readonly share: number; readonly wrongShare?: number; readonly copying?: number };
  /** SFT with corrections, and RM: file of a model's own responses. */
  readonly drafts?: string;
  /** RM: share of questions whose draft has an injected error. */
  readonly wrongShare?: number;
  /** RM: what it reads in place of images. */
  readonly evidence?: EvidenceConfig;
  /** RM that reads images: it says what is true of short questions before it knows the response. */
  readonly statements?: StatementConfig;
  /** RM: a larger module that it learns from, `compact-base` or a model folder. */
  readonly distill?: { readonly teacher: string; readonly temperature?: number; readonly weight?: number };
}

/** Evidence in words, and whose: a model's by its region-text similarity, or the annotations'. */
export interface EvidenceConfig {
  /** `compact-base` or a model folder. */
  readonly grounding?: string;
  readonly threshold?: number;
  readonly objects?: number;
  readonly relations?: number;
  /** Whether what has to do with the question and the response is said, in place of all that was seen. */
  readonly about?: boolean;
  /** Whether it says what is true whatever the response is, and that is read for the verdict. */
  readonly states?: boolean;
  /** Share of the updates that answer the questions from the evidence. */
  readonly answers?: number;
}

/** What a module that states what is true learns beside that, as shares of the updates. */
export interface StatementConfig {
  /** Share of the updates that answer the questions. */
  readonly answers?: number;
  /** Share of the updates that describe the images. */
  readonly captions?: number;
}

/** Cross-entropy of answers alone: SFT and the rectification module have no other loss. */
const ANSWERS: LossWeights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };

/**
 * Reads the config of a training run. Paths in it are relative to the file; those of the command
 * line to the working folder.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault, unknown keys too; `data/bad-json` with
 * line and column; `data/missing-file`
 */
export async function readTrainConfig(
  stage: TrainStage,
  path: string,
  overrides: ConfigOverrides = {},
): Promise<TrainConfig> {
  return acceptConfig(await checkTrainConfig(stage, await readJson(path), path, overrides), path, stage);
}

/** As {@link readTrainConfig}, of a config that may be part of another: paths are relative to that file. */
export async function checkTrainConfig(
  stage: TrainStage,
  raw: unknown,
  path: string,
  overrides: ConfigOverrides = {},
): Promise<Checked<TrainConfig>> {
  const checked = checkConfig(raw, overrides, { schema: TRAIN_SCHEMAS[stage], isModelName });
  if ('faults' in checked) return checked;
  const { seed = 1, optimizer, ...config } = checked.config;
  const { batchSize, microBatches = 1 } = config;
  const at = (file: string): string => resolve(dirname(path), file);
  const atModel = (name: string): string => (isShippedName(name) ? name : at(name));
  const model = isModelName(config.model) ? config.model : at(config.model);
  const isPretrained = await isHubFolder(model);
  const faults = [
    ...(batchSize % microBatches === 0
      ? []
      : [`microBatches: expected a divisor of batchSize ${batchSize}, got ${microBatches}`]),
    ...('images' in config && !isTrajectoryFile(config.data)
      ? ['images: expected a trajectory file as data with it']
      : []),
    ...(stage === 'stage1' && isTrajectoryFile(config.data)
      ? ['data: expected a folder of shards or of scenes for stage1, got a file']
      : []),
    ...modelFaults(stage, Object.keys(config), isPretrained).map((fault) => `${fault}: ${model}`),
  ];
  if (faults.length > 0) return { faults };
  const hacl = 'hacl' in config ? config.hacl?.alpha : undefined;
  const read: TrainConfig = {
    weights: hacl === undefined ? ANSWERS : { ...ANSWERS, hacl },
    ...config,
    stage,
    seed,
    optimizer: { ...(isPretrained ? PRETRAINED_OPTIMIZER : COMPACT_OPTIMIZER), ...optimizer },
    data: at(config.data),
    out: at(config.out),
    model,
    ...(isPretrained ? { isPretrained } : {}),
    ...('images' in config && config.images !== undefined ? { images: at(config.images) } : {}),
    ...('evidence' in config && config.evidence?.grounding !== undefined
      ? { evidence: { ...config.evidence, grounding: atModel(config.evidence.grounding) } }
      : {}),
    ...('distill' in config && config.distill !== undefined
      ? {
          distill: { ...config.distill, teacher: atModel(config.distill.teacher) },
          weights: { ...ANSWERS, distillation: config.distill.weight ?? 1 },
        }
      : {}),
    ...('drafts' in config && config.drafts !== undefined ? { drafts: at(config.drafts) } : {}),
  };
  return { config: read };
}

/** What a config asks of a model that another kind of model does. */
function modelFaults(stage: TrainStage, keys: readonly string[], isPretrained: boolean): string[] {
  if (isPretrained)
    return stage === 'stage1'
      ? [
          "model: expected a compact model for stage1 (compact-base, compact-minigpt4, new, a folder of FGAM's own), got one of the Hugging Face hub",
        ]
      : ['evidence', 'distill', 'statements']
          .filter((key) => keys.includes(key))
          .map(
            (key) =>
              `${key}: expected a compact model beside it (compact-base, compact-minigpt4, new, new-small, a folder of FGAM's own), got one of the Hugging Face hub`,
          );
  const foreign = keys.filter((key) => PRETRAINED_KEYS.includes(key));
  return foreign.map(
    (key) => `${key}: expected a folder of the Hugging Face hub as model beside it, got another`,
  );
}
