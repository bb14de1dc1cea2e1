import { LORA_TARGETS, MODEL_PARTS } from '@fgam/models';
import { INSTRUCT_PROMPT, PAPER_PROMPT } from '@fgam/rectifier';
import { z } from 'zod';

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const path = z.string().min(1);
const weight = z.number().min(0);

const common = {
  data: path,
  model: path,
  out: path,
  steps: count,
  batchSize: count,
  seed: z.int().exactOptional(),
  schedule: z.strictObject({
    learningRate: z.number().positive(),
    warmup: z.int().min(0).exactOptional(),
    floor: share.exactOptional(),
  }),
  optimizer: z
    .strictObject({
      beta1: z.number().min(0).lt(1).exactOptional(),
      beta2: z.number().min(0).lt(1).exactOptional(),
      weightDecay: weight.exactOptional(),
      clipNorm: z.number().positive().exactOptional(),
    })
    .exactOptional(),
  saveEvery: count.exactOptional(),
  microBatches: count.exactOptional(),
  precision: z.enum(['float32', 'mixed']).exactOptional(),
  recompute: z.union([z.boolean(), z.literal('activations')]).exactOptional(),
  worker: z.boolean().exactOptional(),
};

/**
 * Weights of stage 1's parts have no defaults: the paper's are missing from the text we have, so a run says its own.
 * Those of SFT and of the rectification module are not a choice.
 */
const weights = z
  .strictObject({
    tokens: weight,
    global: weight,
    regionText: weight,
    hardNegatives: weight.exactOptional(),
    spatial: weight,
  })
  .refine((parts) => Object.values(parts).some((part) => part > 0), 'expected a part above 0');

/** Wrong descriptions of a region: how many, and the phrases that are swapped for each other, or `photos`: what the annotation shows to be false. */
const negatives = z
  .strictObject({
    count: count.exactOptional(),
    photos: z.boolean().exactOptional(),
    vocabulary: z
      .record(z.string(), z.array(z.string().min(1)).min(2))
      .refine((sets) => Object.keys(sets).length > 0, 'expected a set of phrases')
      .exactOptional(),
  })
  .refine(
    ({ photos, vocabulary }) => photos !== true || vocabulary === undefined,
    'expected photos or vocabulary, not both',
  );

/** For models of the Hugging Face hub: what is trained, how prompts are written, how rows are padded, where a trajectory file's images are. */
const ofPretrained = {
  adapter: z
    .strictObject({
      rank: count,
      alpha: z.number().positive().exactOptional(),
      targets: z.array(z.enum(LORA_TARGETS)).min(1).exactOptional(),
    })
    .exactOptional(),
  frozen: z.array(z.enum(MODEL_PARTS)).min(1).exactOptional(),
  prompts: z.enum([PAPER_PROMPT.name, INSTRUCT_PROMPT.name]).exactOptional(),
  rowTokens: count.exactOptional(),
  images: path.exactOptional(),
};

/** Keys of a config that models of the Hugging Face hub alone take. */
export const PRETRAINED_KEYS: readonly string[] = Object.keys(ofPretrained);

const ONE_OF_BOTH = {
  path: ['frozen'],
  message: 'expected adapter or frozen, not both: the model under an adapter is frozen whole',
};

/** The form of each stage's config; unknown keys are refused at every level. */
export const TRAIN_SCHEMAS = {
  stage1: z
    .strictObject({
      ...common,
      weights,
      maxRegions: count.exactOptional(),
      regionPooling: z.enum(['box', 'mask']).exactOptional(),
      negatives: negatives.exactOptional(),
    })
    .refine((config) => config.negatives === undefined || (config.weights.hardNegatives ?? 0) > 0, {
      path: ['negatives'],
      message: 'expected weights.hardNegatives above 0 with it',
    }),
  sft: z
    .strictObject({
      ...common,
      ...ofPretrained,
      corrections: z
        .strictObject({ share: z.number().positive().max(1), wrongShare: share.exactOptional() })
        .exactOptional(),
    })
    .refine(({ adapter, frozen }) => adapter === undefined || frozen === undefined, ONE_OF_BOTH),
  rm: z
    .strictObject({
      ...common,
      ...ofPretrained,
      drafts: path.exactOptional(),
      wrongShare: share.exactOptional(),
    })
    .refine(({ adapter, frozen }) => adapter === undefined || frozen === undefined, ONE_OF_BOTH),
} as const;
