import type { LossProgram, TensorMap } from '@fgam/compile';
import { imageTextLoss, regionTextLoss, relationLoss, tokenLoss } from '@fgam/losses';
import {
  connector,
  conversationHidden,
  imageEmbeddings,
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
  /** SCC. */
  readonly spatial: number;
}

/** The one loss of the trainer's steps. */
export interface CompositeLossOptions {
  readonly config: ModelConfig;
  readonly weights: LossWeights;
  /** Length of the blocks that no segment crosses, by the row length T of a batch. */
  readonly blockLengths: ReadonlyMap<number, number>;
}

/**
 * total = w_t tokens + w_g global + w_r regionText + w_s spatial over one batch, all from one pass of the vision tower. Each part of
 * weight above 0 is reported by its name; so are the logit scales.
 *
 * Stage 1 has the last three (and captions, where it shall not forget to write), SFT and the training of the rectification
 * module the first; a part whose inputs a batch lacks is left out of it.
 */
export function compositeLoss({ config, weights, blockLengths }: CompositeLossOptions): LossProgram {
  return (model, inputs) => {
    const tokens = visionTower(model, config, need(inputs, 'pixels'));
    const parts: Record<string, tf.Tensor> = {};
    const terms: tf.Tensor[] = [];
    const add = (name: keyof LossWeights, part: tf.Tensor): void => {
      parts[name] = part;
      terms.push(tf.mul(part, weights[name]));
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
        { blockLength: blockLengths.get(length) ?? length },
      );
      const logits = tokenLogits(model, config, hidden);
      add('tokens', tokenLoss({ logits, labels: need(inputs, 'targets'), mask: need(inputs, 'targetMask') }));
    }
    if (weights.global > 0 && inputs['captionIds'] !== undefined) {
      const theta = need(model, 'fgam.image_logit_scale');
      const texts = textEmbeddings(model, config, need(inputs, 'captionIds'), need(inputs, 'captionMask'));
      const images = imageEmbeddings(model, tokens);
      const textGroups = need(inputs, 'captionGroups');
      add(
        'global',
        imageTextLoss({ images, texts, logitScale: theta, mask: need(inputs, 'hasCaption'), textGroups }),
      );
      parts['imageLogitScale'] = tf.exp(theta);
    }
    if ((weights.regionText > 0 || weights.spatial > 0) && inputs['roiWeights'] !== undefined) {
      const regions = regionEmbeddings(model, config, tokens, need(inputs, 'roiWeights'));
      if (weights.regionText > 0) add('regionText', regionTextPart(model, config, inputs, regions, parts));
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

function regionTextPart(
  model: TensorMap,
  config: ModelConfig,
  inputs: TensorMap,
  regions: tf.Tensor,
  parts: Record<string, tf.Tensor>,
): tf.Tensor {
  const ids = need(inputs, 'textIds');
  const length = ids.shape.at(-1) ?? 0;
  const texts = textEmbeddings(
    model,
    config,
    tf.reshape(ids, [-1, length]),
    tf.reshape(need(inputs, 'textMask'), [-1, length]),
  );
  const theta = need(model, 'fgam.region_logit_scale');
  parts['regionLogitScale'] = tf.exp(theta);
  return regionTextLoss({
    regions,
    texts,
    logitScale: theta,
    mask: tf.reshape(need(inputs, 'regionMask'), [-1]),
    textGroups: tf.reshape(need(inputs, 'textGroups'), [-1]),
  });
}

function need(tensors: TensorMap, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`compositeLoss: no tensor "${name}"`);
  return tensor;
}
