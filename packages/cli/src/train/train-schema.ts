import { LORA_TARGETS, MODEL_PARTS } from '@fgam/models';
import { INSTRUCT_PROMPT, PAPER_PROMPT } from '@fgam/rectifier';
import { z } from 'zod';

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const path = z.string().min(1);
const weight = z.number().min(0);

/** Learning rate over the updates of a run. */
export const scheduleSchema = z.strictObject({
  learningRate: z.number().positive(),
  warmup: z.int().min(0).exactOptional(),
  hold: z.int().min(0).exactOptional(),
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
 * Weights of stage 1's parts have no defaults: the paper's are missing from the text we have, so a run says
 * its own. `hacl` is HACL's alpha, for which its authors' code has none either. Those of SFT and of the
 * rectification module are not a choice.
 */
const weights = z
  .strictObject({
    tokens: weight,
    global: weight,
    regionText: weight,
    hardNegatives: weight.exactOptional(),
    spatial: weight,
    spatialText: weight.exactOptional(),
    hacl: weight.exactOptional(),
    detection: weight.exactOptional(),
  })
  .refine((parts) => Object.values(parts).some((part) => part > 0), 'expected a part above 0');

/**
 * Wrong descriptions of a region: how many, and the phrases that are swapped for each other, or `photos`:
 * what the annotation shows to be false. `columns`: they are columns of the region-text loss, not or not
 * only a term of their own.
 */
const negatives = z
  .strictObject({
    count: count.exactOptional(),
    photos: z.boolean().exactOptional(),
    columns: z.boolean().exactOptional(),
    vocabulary: z
      .record(z.string(), z.array(z.string().min(1)).min(2))
      .refine((sets) => Object.keys(sets).length > 0, 'expected a set of phrases')
      .exactOptional(),
  })
  .refine(
    ({ photos, vocabulary }) => photos !== true || vocabulary === undefined,
    'expected photos or vocabulary, not both',
  );

/** A new adapter of a model of the Hugging Face hub. */
export const adapterSchema = z.strictObject({
  rank: count,
  alpha: z.number().positive().exactOptional(),
  targets: z.array(z.enum(LORA_TARGETS)).min(1).exactOptional(),
});

/** How questions and revisions are written into the prompts of such a model. */
export const promptsSchema = z.enum([PAPER_PROMPT.name, INSTRUCT_PROMPT.name]);

/**
 * For models of the Hugging Face hub: what is trained, how prompts are written, how rows are padded.
 */
const ofPretrained = {
  adapter: adapterSchema.exactOptional(),
  frozen: z.array(z.enum(MODEL_PARTS)).min(1).exactOptional(),
  prompts: promptsSchema.exactOptional(),
  rowTokens: count.exactOptional(),
};

/** Folder that a trajectory file's images are relative to. */
const images = path.exactOptional();

/** HACL of models of the hub; those of FGAM's own have it in stage 1, by `weights.hacl`. */
const hacl = z.strictObject({
  alpha: z.number().positive(),
  embedDim: count.exactOptional(),
  wrongCaptions: count.exactOptional(),
});

/** Keys of a config that models of the Hugging Face hub alone take. */
export const PRETRAINED_KEYS: readonly string[] = [...Object.keys(ofPretrained), 'hacl'];

const ONE_OF_BOTH = {
  path: ['frozen'],
  message: 'expected adapter or frozen, not both: the model under an adapter is frozen whole',
};

/** From when boxes overlap, directions are unclear, and things too far apart to have one. */
const relations = z.strictObject({
  overlapIou: z.number().positive().max(1).exactOptional(),
  ambiguity: share.exactOptional(),
  maxDistance: z.number().positive().exactOptional(),
});

const activation = z.enum(['gelu', 'quick_gelu', 'gelu_new', 'gelu_pytorch_tanh', 'silu', 'relu']);
const encoder = {
  num_hidden_layers: count.exactOptional(),
  num_attention_heads: count.exactOptional(),
  intermediate_size: count.exactOptional(),
  layer_norm_eps: z.number().positive().exactOptional(),
  hidden_act: activation.exactOptional(),
};

/**
 * Heads of stage 1, and the connector, that the model is to have, under the names of the `fgam`
 * block of its `config.json`.
 */
const heads = z.strictObject({
  relation_features: z.enum(['concatenation', 'interactive']).exactOptional(),
  relation_hidden_size: count.exactOptional(),
  relation_transformer: z.strictObject(encoder).exactOptional(),
  text_pooling: z.enum(['mean', 'last']).exactOptional(),
  text_tower: z
    .strictObject({ ...encoder, hidden_size: count, max_position_embeddings: count.exactOptional() })
    .exactOptional(),
  hacl_embed_dim: count.exactOptional(),
  box_hidden_size: count.exactOptional(),
  q_former: z
    .strictObject({
      ...encoder,
      hidden_size: count.exactOptional(),
      num_query_tokens: count.exactOptional(),
      cross_attention_frequency: count.exactOptional(),
    })
    .exactOptional(),
});

/** Stage 1's config before what its options ask of each other. */
const stage1 = z.strictObject({
  ...common,
  weights,
  heads: heads.exactOptional(),
  maxRegions: count.exactOptional(),
  regionPooling: z.enum(['box', 'mask']).exactOptional(),
  negatives: negatives.exactOptional(),
  wrongCaptions: count.exactOptional(),
  maxPhrases: count.exactOptional(),
  relations: relations.exactOptional(),
});

/** What an option does nothing without: the key, whether it is given, and a part of the loss that reads it. */
const NEEDS: readonly (readonly [
  path: readonly [string, ...string[]],
  isGiven: (config: z.output<typeof stage1>) => boolean,
  parts: readonly (keyof z.output<typeof weights>)[],
])[] = [
  [['negatives'], ({ negatives: given }) => given !== undefined && given.columns !== true, ['hardNegatives']],
  [['negatives', 'columns'], ({ negatives: given }) => given?.columns === true, ['regionText']],
  [['wrongCaptions'], ({ wrongCaptions: given }) => given !== undefined, ['hacl']],
  [['maxPhrases'], ({ maxPhrases: given }) => given !== undefined, ['detection']],
  [['relations'], ({ relations: given }) => given !== undefined, ['spatial', 'spatialText']],
  [['heads', 'q_former'], ({ heads: given }) => given?.q_former !== undefined, ['tokens', 'hacl']],
  [['heads', 'box_hidden_size'], ({ heads: given }) => given?.box_hidden_size !== undefined, ['detection']],
  [['heads', 'hacl_embed_dim'], ({ heads: given }) => given?.hacl_embed_dim !== undefined, ['hacl']],
  [
    ['heads', 'relation_transformer'],
    ({ heads: given }) => given?.relation_transformer !== undefined,
    ['spatial', 'spatialText'],
  ],
  [
    ['heads', 'text_tower'],
    ({ heads: given }) => given?.text_tower !== undefined,
    ['global', 'regionText', 'hardNegatives', 'spatialText', 'detection'],
  ],
];

/**
 * In place of the image, what was seen there in words: by the region-text similarity of the model `grounding`
 * from `threshold` on, or without one as it is annotated; so many objects and relations.
 */
const evidence = z
  .strictObject({
    grounding: path.exactOptional(),
    threshold: share.exactOptional(),
    objects: count.exactOptional(),
    relations: z.int().min(0).exactOptional(),
    about: z.boolean().exactOptional(),
    states: z.boolean().exactOptional(),
    answers: z.number().min(0).max(0.9).exactOptional(),
  })
  .refine(
    ({ grounding, threshold }) => grounding !== undefined || threshold === undefined,
    'expected grounding with threshold: annotations are sure',
  );

/**
 * A module that reads images says what is true of short questions before it knows the response; shares of the
 * updates that answer the questions and that describe the images.
 */
const statements = z
  .strictObject({ answers: share.exactOptional(), captions: share.exactOptional() })
  .refine(
    ({ answers = 0, captions = 0 }) => answers + captions <= 0.95,
    'expected answers and captions to leave statements a twentieth of the updates at least',
  );

/**
 * A model that the module learns from beside the right feedback: its folder, the temperature of both
 * distributions, and the weight of their distance.
 */
const distill = z.strictObject({
  teacher: path,
  temperature: z.number().positive().exactOptional(),
  weight: z.number().positive().exactOptional(),
});

/** The form of each stage's config; unknown keys are refused at every level. */
export const TRAIN_SCHEMAS = {
  stage1: stage1.check(({ value, issues }) => {
    for (const [path, isGiven, parts] of NEEDS) {
      if (!isGiven(value) || parts.some((part) => (value.weights[part] ?? 0) > 0)) continue;
      const message = `expected ${parts.map((part) => `weights.${part}`).join(' or ')} above 0 with it`;
      issues.push({ code: 'custom', input: value, path: [...path], message });
    }
  }),
  sft: z
    .strictObject({
      ...common,
      ...ofPretrained,
      images,
      drafts: path.exactOptional(),
      hacl: hacl.exactOptional(),
      corrections: z
        .strictObject({
          share: z.number().positive().max(1),
          wrongShare: share.exactOptional(),
          copying: share.exactOptional(),
        })
        .refine(
          (given) => given.share + (given.copying ?? 0) <= 1,
          'expected share and copying to be 1 at most together: they are shares of the updates',
        )
        .exactOptional(),
    })
    .refine(({ adapter, frozen }) => adapter === undefined || frozen === undefined, ONE_OF_BOTH)
    .refine(({ drafts, corrections }) => drafts === undefined || corrections !== undefined, {
      path: ['drafts'],
      message: 'expected corrections with it: drafts are revised',
    }),
  rm: z
    .strictObject({
      ...common,
      ...ofPretrained,
      images,
      drafts: path.exactOptional(),
      wrongShare: share.exactOptional(),
      evidence: evidence.exactOptional(),
      statements: statements.exactOptional(),
      distill: distill.exactOptional(),
    })
    .refine(({ adapter, frozen }) => adapter === undefined || frozen === undefined, ONE_OF_BOTH)
    .refine((given) => given.evidence === undefined || given.statements === undefined, {
      path: ['statements'],
      message: 'expected it for a module that reads images; with evidence it is evidence.states',
    })
    .refine(
      (given) =>
        given.statements === undefined || (given.drafts === undefined && given.wrongShare === undefined),
      {
        path: ['statements'],
        message: 'expected no drafts and no wrongShare with it: it reads no responses',
      },
    ),
} as const;
