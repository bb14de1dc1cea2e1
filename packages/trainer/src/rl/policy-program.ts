import type { LossProgram } from '@fgam/compile';
import { grpoLoss, type GrpoOptions, policyLoss, valueLoss } from '@fgam/losses';
import type { LayerOptions } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { need } from '../tensors.js';
import type { Policy } from './policy.js';

type Scores = Policy<unknown>['scores'];

/** Settings of PPO's loss. */
export interface PpoLossOptions {
  /** Clip range of the ratio. Default 0.2. */
  readonly clip?: number;
  /** Weight of the value loss. Default 0.1. */
  readonly valueWeight?: number;
}

/** Weight of the value loss (LLaVA-RLHF's published recipe). */
const VALUE_WEIGHT = 0.1;

/**
 * PPO's loss over a minibatch of trajectories: policy + valueWeight value.
 *
 * Inputs beside the policy's own, each [B, T] float32: `oldLogProbs`, `oldValues`, `advantages`, `returns`.
 */
export function ppoProgram(scores: Scores, options: PpoLossOptions & LayerOptions = {}): LossProgram {
  const { clip, valueWeight = VALUE_WEIGHT, ...layers } = options;
  return (model, inputs) => {
    const { logProbs, values } = scores(model, inputs, layers);
    const mask = need(inputs, 'targetMask');
    const { total: policy, ...figures } = policyLoss(
      { logProbs, oldLogProbs: need(inputs, 'oldLogProbs'), advantages: need(inputs, 'advantages'), mask },
      clip === undefined ? {} : { clip },
    );
    const value = valueLoss({
      values: values as tf.Tensor,
      oldValues: need(inputs, 'oldValues'),
      returns: need(inputs, 'returns'),
      mask,
    });
    return { total: tf.add(policy, tf.mul(value, valueWeight)), policy, value, ...figures };
  };
}

/**
 * GRPO's loss over a minibatch of trajectories.
 *
 * Inputs beside the policy's own: `oldLogProbs` and `referenceLogProbs` [B, T], `advantages` [B] float32.
 */
export function grpoProgram(scores: Scores, options: GrpoOptions & LayerOptions = {}): LossProgram {
  const { recompute, ...loss } = options;
  return (model, inputs) => {
    const { logProbs } = scores(model, inputs, recompute === undefined ? {} : { recompute });
    return {
      ...grpoLoss(
        {
          logProbs,
          oldLogProbs: need(inputs, 'oldLogProbs'),
          referenceLogProbs: need(inputs, 'referenceLogProbs'),
          advantages: need(inputs, 'advantages'),
          mask: need(inputs, 'targetMask'),
        },
        loss,
      ),
    };
  };
}
