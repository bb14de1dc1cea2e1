import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { linear } from './linear.js';
import { mlp } from './mlp.js';
import { qFormer } from './q-former.js';

/**
 * LLaVA's connector: a two-layer MLP from vision tokens to the language model's width, after an optional 2 x
 * 2 merge; with `fgam.q_former` MiniGPT-4's: a Q-Former and a linear map.
 *
 * @param tokens - [B, N, Dv] float32, row by row
 * @returns visual tokens [B, M, D] float32, M = N / connector_merge^2 or the number of queries
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { compactConfig, connector } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * // The compact model joins 2 x 2 vision tokens; here they are of width 1 and are summed up.
 * const text_config = { hidden_size: 2, num_attention_heads: 1 };
 * const config = compactConfig({ projector_hidden_act: 'relu', text_config });
 * const weights = {
 *   'multi_modal_projector.linear_1.weight': tf.ones([1, 4]),
 *   'multi_modal_projector.linear_2.weight': tf.tensor2d([[1], [0.5]]),
 * };
 * const visual = connector(weights, config, tf.reshape(tf.range(0, 16), [1, 16, 1]));
 * // Tokens 0, 1, 4 and 5 of the 4 x 4 grid are the first cell: 10, and half of it.
 * if (visual.shape.join() !== '1,4,2') throw new Error(visual.shape.join());
 * if (visual.dataSync().join() !== '10,5,18,9,42,21,50,25') throw new Error(visual.dataSync().join());
 * ```
 */
export function connector(weights: TensorMap, config: ModelConfig, tokens: tf.Tensor): tf.Tensor {
  const { q_former: former } = config.fgam;
  if (former !== undefined) {
    const { num_query_tokens } = former;
    const queries = qFormer(weights, { qformer_config: former, num_query_tokens }, tokens);
    return linear(weights, 'language_projection', queries);
  }
  const [batch, count, width] = tokens.shape as [number, number, number];
  const merge = config.fgam.connector_merge;
  const grid = Math.round(Math.sqrt(count));
  const joined = grid / merge;
  const cells =
    merge === 1
      ? tf.reshape(tokens, [batch * count, width])
      : tf.reshape(
          tf.transpose(tf.reshape(tokens, [batch * joined, merge, joined, merge * width]), [0, 2, 1, 3]),
          [batch * joined * joined, merge * merge * width],
        );
  const names = ['multi_modal_projector.linear_1', 'multi_modal_projector.linear_2'] as const;
  const visual = mlp(weights, names, cells, config.projector_hidden_act);
  return tf.reshape(visual, [batch, merge === 1 ? count : joined * joined, config.text_config.hidden_size]);
}
