import type { LossProgram, TensorMap } from '@fgam/compile';
import { hardNegativeLoss, imageTextLoss, regionTextLoss, relationLoss, tokenLoss } from '@fgam/losses';
import {
  connector,
  conversationHidden,
  imageEmbeddings,
  type LayerOptions,
  type ModelConfig,
  regionEmbeddings,
  relationLogits,
  textEmbeddings,
  tokenLogits,
  visionTower,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';

/** Weights of the parts of the loss; a part of weight 0 is not built. */
export interface LossWeights {
  /** Cross-entropy of answers (captions, instruction, revision, feedback). */
  readonly tokens: number;
  /** Contrast of whole images and captions. */
  readonly global: number;
  /** RTCL. */
  readonly regionText: number;
  /** Each region against descriptions that are wrong in one phrase (FG-CLIP's term). Default 0. */
  readonly hardNegatives?: number;
  /** SCC. */
  readonly spatial: number;
}

/** The one loss of the trainer's steps. */
export interface CompositeLossOptions extends LayerOptions {
  readonly config: ModelConfig;
  readonly weights: LossWeights;
  /** Length of the blocks that no segment crosses, by the row length T of a batch. */
  readonly blockLengths: ReadonlyMap<number, number>;
}

/**
 * total = w_t tokens + w_g global + w_r regionText + w_h hardNegatives + w_s spatial over one batch, all from one pass of the vision tower. Each part of
 * weight above 0 is reported by its name; so are the logit scales.
 *
 * Stage 1 has the last four (and captions, where it shall not forget to write), SFT and the training of the rectification
 * module the first; a part whose inputs a batch lacks is left out of it.
 */
export function compositeLoss(options: CompositeLossOptions): LossProgram {
  const { config, weights, blockLengths, recompute = false } = options;
  return (model, inputs) => {
    const tokens = visionTower(model, config, need(inputs, 'pixels'), { recompute });
    const parts: Record<string, tf.Tensor> = {};
    const terms: tf.Tensor[] = [];
    const add = (name: keyof LossWeights, part: tf.Tensor): void => {
      parts[name] = part;
      terms.push(tf.mul(part, weights[name] ?? 0));
    };
    if (weights.tokens > 0 && inputs['inputIds'] !== undefined) {
      const visual = connector(model, config, tokens);
      const length = inputs['inputIds'].shape[1] ?? 0;
      const hidden = conversationHidden(
        model,
        config,
        visual,
        {
          inputIds: need(inputs, 'inputIds'),
          segmentIds: need(inputs, 'segmentIds'),
          positions: need(inputs, 'positions'),
        },
        { blockLength: blockLengths.get(length) ?? length, recompute },
      );
      const logits = tokenLogits(model, config, hidden);
      add('tokens', tokenLoss({ logits, labels: need(inputs, 'targets'), mask: need(inputs, 'targetMask') }));
    }
    if (weights.global > 0 && inputs['captionIds'] !== undefined) {
      const theta = need(model, 'fgam.image_logit_scale');
      const texts = embedTexts(options, model, need(inputs, 'captionIds'), need(inputs, 'captionMask'));
      const images = imageEmbeddings(model, tokens);
      const textGroups = need(inputs, 'captionGroups');
      add(
        'global',
        imageTextLoss({ images, texts, logitScale: theta, mask: need(inputs, 'hasCaption'), textGroups }),
      );
      parts['imageLogitScale'] = tf.exp(theta);
    }
    if ((contrastsRegions(weights) || weights.spatial > 0) && inputs['roiWeights'] !== undefined) {
      const regions = regionEmbeddings(model, config, tokens, need(inputs, 'roiWeights'));
      if (contrastsRegions(weights)) {
        const pairs = regionTextPairs(options, model, inputs, regions);
        parts['regionLogitScale'] = tf.exp(pairs.logitScale);
        if (weights.regionText > 0) add('regionText', regionTextLoss(pairs));
        if (hasHardNegatives(weights))
          add('hardNegatives', hardNegativeLoss({ ...pairs, ...regionNegatives(options, model, inputs) }));
      }
      if (weights.spatial > 0) {
        const labels = need(inputs, 'relations');
        add(
          'spatial',
          relationLoss({ logits: relationLogits(model, config, regions, labels.shape[1] ?? 0), labels }),
        );
      }
    }
    return { total: terms.reduce((sum, term) => tf.add(sum, term)), ...parts };
  };
}

/** Whether a loss contrasts regions with texts at all. */
export function contrastsRegions(weights: LossWeights): boolean {
  return weights.regionText > 0 || hasHardNegatives(weights);
}

/** Whether a loss wants descriptions that are wrong. */
export function hasHardNegatives({ hardNegatives = 0 }: LossWeights): boolean {
  return hardNegatives > 0;
}

/** Regions with their descriptions, as the region-text losses take them. */
function regionTextPairs(
  options: CompositeLossOptions,
  model: TensorMap,
  inputs: TensorMap,
  regions: tf.Tensor,
): Parameters<typeof regionTextLoss>[0] {
  return {
    regions,
    texts: embedTexts(options, model, need(inputs, 'textIds'), need(inputs, 'textMask')),
    logitScale: need(model, 'fgam.region_logit_scale'),
    mask: tf.reshape(need(inputs, 'regionMask'), [-1]),
    textGroups: tf.reshape(need(inputs, 'textGroups'), [-1]),
  };
}

/** The K wrong descriptions of each region. */
function regionNegatives(
  options: CompositeLossOptions,
  model: TensorMap,
  inputs: TensorMap,
): { readonly negatives: tf.Tensor; readonly negativeMask: tf.Tensor } {
  const mask = need(inputs, 'negativeMask');
  const each = mask.shape.at(-1) ?? 0;
  const rows = embedTexts(options, model, need(inputs, 'negativeIds'), need(inputs, 'negativeTextMask'));
  return {
    negatives: tf.reshape(rows, [-1, each, rows.shape.at(-1) ?? 0]),
    negativeMask: tf.reshape(mask, [-1, each]),
  };
}

/** Embeddings of texts [..., T], one row a text. */
function embedTexts(
  { config, recompute = false }: CompositeLossOptions,
  model: TensorMap,
  ids: tf.Tensor,
  mask: tf.Tensor,
): tf.Tensor {
  const length = ids.shape.at(-1) ?? 0;
  const rows = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, length]);
  return textEmbeddings(model, config, rows(ids), rows(mask), { recompute });
}

function need(tensors: TensorMap, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`compositeLoss: no tensor "${name}"`);
  return tensor;
}
