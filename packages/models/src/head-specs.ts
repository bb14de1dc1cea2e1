import { RELATIONS } from '@fgam/data';
import type { ClipTextConfig, ModelConfig } from './config.js';
import { encoderSpecs, linear, normSpecs, type WeightSpec } from './spec-parts.js';

/** ln(1 / 0.07): where CLIP's logit scale starts. */
const LOGIT_SCALE_START = Math.log(1 / 0.07);
/**
 * ln 10, as SigLIP's scale; the bias gives phrases that have nothing to do with a token a score
 * of 0.01, RetinaNet's prior.
 */
const DETECTION_SCALE_START = Math.log(10);
const DETECTION_BIAS_START = -Math.log(99);
/** Where the weights of the text tower are, under the names that transformers has. */
export const TEXT_TOWER = 'fgam.text_tower';

/** Weights of stage 1's heads. */
export function headSpecs({ vision_config: vision, text_config: text, fgam }: ModelConfig): WeightSpec[] {
  const width = fgam.embed_dim;
  const { text_tower: tower, hacl_embed_dim: hacl, box_hidden_size: boxes } = fgam;
  return [
    ...linear('fgam.vision_projection', width, vision.hidden_size, vision.hidden_size ** -0.5, false),
    ...(tower === undefined
      ? linear('fgam.text_projection', width, text.hidden_size, text.hidden_size ** -0.5, false)
      : clipTextSpecs(TEXT_TOWER, tower)),
    scaleSpec('fgam.region_logit_scale'),
    scaleSpec('fgam.image_logit_scale'),
    ...(fgam.relation_transformer === undefined ? relationMlpSpecs(fgam) : relationTransformerSpecs(fgam)),
    ...(hacl === undefined ? [] : haclSpecs(text.hidden_size, hacl)),
    ...(boxes === undefined ? [] : detectionSpecs(vision.hidden_size, width, boxes)),
  ];
}

/**
 * Weights of the detection head: tokens in the space of texts, scale and bias of its scores, and
 * an MLP that gives a box.
 */
function detectionSpecs(hiddenSize: number, embedDim: number, boxHidden: number): WeightSpec[] {
  const std = hiddenSize ** -0.5;
  return [
    ...linear('fgam.detection_projection', embedDim, hiddenSize, std, false),
    { name: 'fgam.detection_logit_scale', shape: [], init: { value: DETECTION_SCALE_START } },
    { name: 'fgam.detection_logit_bias', shape: [], init: { value: DETECTION_BIAS_START } },
    ...linear('fgam.box_head.linear_1', boxHidden, hiddenSize, std),
    // Boxes start where their tokens are.
    ...linear('fgam.box_head.linear_2', 4, boxHidden, 0.1 * boxHidden ** -0.5),
  ];
}

/**
 * Weights by which HACL compares a language model's states of images and of texts: a linear
 * map of each and a scale.
 */
export function haclSpecs(hiddenSize: number, embedDim: number): WeightSpec[] {
  const std = hiddenSize ** -0.5;
  return [
    ...linear('fgam.hacl_vision_projection', embedDim, hiddenSize, std, false),
    ...linear('fgam.hacl_text_projection', embedDim, hiddenSize, std, false),
    scaleSpec('fgam.hacl_logit_scale'),
  ];
}

/**
 * Weights of a CLIP text tower with its projection, below `root` as in a checkpoint of
 * `CLIPTextModelWithProjection`.
 */
export function clipTextSpecs(root: string, text: ClipTextConfig): WeightSpec[] {
  const { hidden_size: width } = text;
  const embeddings = `${root}.text_model.embeddings`;
  return [
    // CLIP's own starts.
    {
      name: `${embeddings}.token_embedding.weight`,
      shape: [text.vocab_size, width],
      init: { std: 0.02 },
    },
    {
      name: `${embeddings}.position_embedding.weight`,
      shape: [text.max_position_embeddings, width],
      init: { std: 0.01 },
    },
    ...encoderSpecs(`${root}.text_model.encoder.layers`, text),
    ...normSpecs(`${root}.text_model.final_layer_norm`, width),
    ...linear(`${root}.text_projection`, text.projection_dim, width, width ** -0.5, false),
  ];
}

function relationMlpSpecs(fgam: ModelConfig['fgam']): WeightSpec[] {
  const hidden = fgam.relation_hidden_size;
  return [
    // Its inputs have unit norm, so two of them give unit variance from entries of variance 1/2.
    ...linear('fgam.relation_head.linear_1', hidden, relationParts(fgam) * fgam.embed_dim, 0.5 ** 0.5),
    ...linear('fgam.relation_head.linear_2', RELATIONS.length, hidden, hidden ** -0.5),
  ];
}

function relationTransformerSpecs(fgam: ModelConfig['fgam']): WeightSpec[] {
  const { relation_hidden_size: width, relation_transformer: transformer } = fgam;
  const parts = relationParts(fgam);
  const head = 'fgam.relation_head';
  if (transformer === undefined) return [];
  return [
    // Its inputs have unit norm: a token starts with unit variance.
    ...linear(`${head}.projection`, width, fgam.embed_dim, 1),
    { name: `${head}.position_embedding.weight`, shape: [parts, width], init: { std: 0.1 } },
    ...encoderSpecs(`${head}.layers`, { ...transformer, hidden_size: width }),
    ...normSpecs(`${head}.layer_norm`, width),
    ...linear(`${head}.classifier`, RELATIONS.length, parts * width, (parts * width) ** -0.5),
  ];
}

/** Vectors that the relation head reads of a pair. */
export function relationParts({ relation_features: features }: ModelConfig['fgam']): 2 | 4 {
  return features === 'interactive' ? 4 : 2;
}

function scaleSpec(name: string): WeightSpec {
  return { name, shape: [], init: { value: LOGIT_SCALE_START } };
}
