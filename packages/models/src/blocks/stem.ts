import type { TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.js';
import { weightOf } from '../tensors.js';
import { activate } from './activation.js';
import { convolution } from './convolution.js';
import { linear } from './linear.js';

const EMBEDDINGS = 'vision_tower.vision_model.embeddings';

/**
 * The vision tower's first tokens: a patch embedding, merges or convolutions, as `config.fgam.stem` says.
 *
 * @param pixels - [B, S, S, 3] float32, normalised to -1..1
 * @returns [B, N, Dv] float32, tokens row by row
 */
export function visionStem(weights: TensorMap, config: ModelConfig, pixels: tf.Tensor): tf.Tensor {
  const { stem } = config.fgam;
  const batch = pixels.shape[0] ?? 0;
  const width = config.vision_config.hidden_size;
  if (stem.kind === 'patch') {
    const size = config.vision_config.patch_size;
    const weight = weightOf(weights, `${EMBEDDINGS}.patch_embedding.weight`);
    return tf.reshape(convolution(pixels, weight, size), [batch, -1, width]);
  }
  let x = pixels;
  for (const [i, stage] of stem.stages.entries()) {
    const stride = 'merge' in stage ? stage.merge : stage.stride;
    const name = `${EMBEDDINGS}.stem.${i}`;
    const y = convolution(x, weightOf(weights, `${name}.weight`), stride);
    x = activate('gelu', tf.add(y, weightOf(weights, `${name}.bias`)));
  }
  return tf.reshape(linear(weights, `${EMBEDDINGS}.stem_projection`, x), [batch, -1, width]);
}
