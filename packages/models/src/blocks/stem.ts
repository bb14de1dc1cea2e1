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
 * @throws FgamError `models/bad-weights` where a weight is missing
 * @example
 * ```ts
 * import { compactConfig, visionStem } from '@fgam/models';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const vision_config = { image_size: 4, patch_size: 2, hidden_size: 1, num_attention_heads: 1 };
 * const config = compactConfig({ vision_config, fgam: { stem: { kind: 'patch' } } });
 * const name = 'vision_tower.vision_model.embeddings.patch_embedding.weight';
 * // The left half of the image is white, the right half black; a patch is 2 x 2 pixels of 3 colours.
 * const pixels = tf.concat([tf.ones([1, 4, 2, 3]), tf.fill([1, 4, 2, 3], -1)], 2);
 * const tokens = visionStem({ [name]: tf.ones([1, 3, 2, 2]) }, config, pixels);
 * if (tokens.shape.join() !== '1,4,1') throw new Error(tokens.shape.join());
 * if (tokens.dataSync().join() !== '12,-12,12,-12') throw new Error(tokens.dataSync().join());
 * ```
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
