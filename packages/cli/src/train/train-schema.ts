import { z } from 'zod';

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const path = z.string().min(1);
const weight = z.number().min(0);

/** Learning rate over the updates of a run. */
export const scheduleSchema = z.strictObject({
  learningRate: z.number().positive(),
  warmup: z.int().min(0).exactOptional(),
  floor: share.exactOptional(),
});

/** AdamW's settings. */
export const optimizerSchema = z.strictObject({
  beta1: z.number().min(0).lt(1).exactOptional(),
  beta2: z.number().min(0).lt(1).exactOptional(),
  weightDecay: weight.exactOptional(),
  clipNorm: z.number().positive().exactOptional(),
});

const common = {
  data: path,
  model: path,
  out: path,
  steps: count,
  batchSize: count,
  seed: z.int().exactOptional(),
  schedule: scheduleSchema,
  optimizer: optimizerSchema.exactOptional(),
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
  sft: z.strictObject({
    ...common,
    corrections: z
      .strictObject({ share: z.number().positive().max(1), wrongShare: share.exactOptional() })
      .exactOptional(),
  }),
  rm: z.strictObject({ ...common, drafts: path.exactOptional(), wrongShare: share.exactOptional() }),
} as const;
