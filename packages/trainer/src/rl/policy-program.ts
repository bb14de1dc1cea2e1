import type { LossProgram, TensorMap } from '@fgam/compile';
import { grpoLoss, type GrpoOptions, policyLoss, tokenLogProbs, valueLoss } from '@fgam/losses';
import {
  connector,
  conversationHidden,
  type LayerOptions,
  type ModelConfig,
  tokenLogits,
  visionTower,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { tokenValues, VALUE_HEAD } from './value-head.js';

/** Log-probabilities and values of packed trajectories, [B, T] each; no values without a value head. */
export function policyScores(
  config: ModelConfig,
  model: TensorMap,
  inputs: TensorMap,
  options: LayerOptions = {},
): { readonly logProbs: tf.Tensor; readonly values?: tf.Tensor } {
  const need = (name: string): tf.Tensor => inputs[name] as tf.Tensor;
  const visual = connector(model, config, visionTower(model, config, need('pixels'), options));
  const hidden = conversationHidden(
    model,
    config,
    visual,
    { inputIds: need('inputIds'), segmentIds: need('segmentIds'), positions: need('positions') },
    options,
  );
  const logProbs = tokenLogProbs(tokenLogits(model, config, hidden), need('targets'));
  return model[`${VALUE_HEAD}.weight`] === undefined
    ? { logProbs }
    : { logProbs, values: tokenValues(model, hidden) };
}

/** Settings of PPO's loss. */
export interface PpoLossOptions {
  /** Clip range of the ratio. Default 0.2. */
  readonly clip?: number;
  /** Clip range of the value. Default 0.2. */
  readonly valueClip?: number;
  /** Weight of the value loss. Default 0.1. */
  readonly valueWeight?: number;
}

/** Weight of the value loss (DESIGN section 4; LLaVA-RLHF's published recipe). */
const VALUE_WEIGHT = 0.1;

/**
 * PPO's loss over a minibatch of trajectories: policy + valueWeight value.
 *
 * Inputs beside those of a conversation, each [B, T] float32: `oldLogProbs`, `oldValues`, `advantages`, `returns`.
 */
export function ppoProgram(config: ModelConfig, options: PpoLossOptions & LayerOptions = {}): LossProgram {
  const { clip, valueClip, valueWeight = VALUE_WEIGHT, ...layers } = options;
  return (model, inputs) => {
    const { logProbs, values } = policyScores(config, model, inputs, layers);
    const need = (name: string): tf.Tensor => inputs[name] as tf.Tensor;
    const mask = need('targetMask');
    const { total: policy, ...figures } = policyLoss(
      { logProbs, oldLogProbs: need('oldLogProbs'), advantages: need('advantages'), mask },
      clip === undefined ? {} : { clip },
    );
    const value = valueLoss(
      { values: values as tf.Tensor, oldValues: need('oldValues'), returns: need('returns'), mask },
      valueClip === undefined ? {} : { clip: valueClip },
    );
    return { total: tf.add(policy, tf.mul(value, valueWeight)), policy, value, ...figures };
  };
}

/**
 * GRPO's loss over a minibatch of trajectories.
 *
 * Inputs beside those of a conversation: `oldLogProbs` and `referenceLogProbs` [B, T], `advantages` [B] float32.
 */
export function grpoProgram(config: ModelConfig, options: GrpoOptions & LayerOptions = {}): LossProgram {
  const { recompute, ...loss } = options;
  return (model, inputs) => {
    const { logProbs } = policyScores(config, model, inputs, recompute === undefined ? {} : { recompute });
    const need = (name: string): tf.Tensor => inputs[name] as tf.Tensor;
    return {
      ...grpoLoss(
        {
          logProbs,
          oldLogProbs: need('oldLogProbs'),
          referenceLogProbs: need('referenceLogProbs'),
          advantages: need('advantages'),
          mask: need('targetMask'),
        },
        loss,
      ),
    };
  };
}
