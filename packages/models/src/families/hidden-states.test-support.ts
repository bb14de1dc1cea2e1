import { createFunction, type HostTensor, type TensorMap } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { languageModel, tokenLogits } from '../blocks/language-model.js';
import { splicedEmbeddings } from '../blocks/spliced-embeddings.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { functionOptions } from '../execution.js';
import { splicedInputs } from '../generation/spliced-inputs.js';
import type { VisualTokens } from '../generation/spliced-prompt.js';
import { weightOf } from '../tensors.js';
import type { TinyCheckpoint } from './tiny-checkpoint.test-support.js';

/**
 * `hidden.I` [B, T, D] and `logits` [B, T, V] of some cases in one batch, padded on the right, over
 * transformers' visual tokens.
 */
export async function hiddenStates(
  model: PretrainedModel,
  tiny: TinyCheckpoint,
  names: readonly string[],
): Promise<Readonly<Record<string, HostTensor>>> {
  const { config, imageTokenId } = model.family;
  const { hidden_size: width, num_hidden_layers: layers } = config.text_config;
  const rows = names.map((name) => ({
    ids: tiny.cases[name]?.input_ids ?? [],
    visual: visualRows(tiny, name),
  }));
  const length = Math.max(...rows.map(({ ids }) => ids.length));
  const visual = 1 + rows.flatMap((row) => row.visual).reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const batch = rows.length;
  const run = createFunction(
    (weights, given) => {
      const states: Record<string, tf.Tensor> = {};
      const embeddings = splicedEmbeddings(weights, given);
      const positions = weightOf(given, 'positions');
      const hidden = languageModel(
        weights,
        config,
        { embeddings, positions },
        {
          observe: (state, layer) => {
            states[`hidden.${layer}`] = tf.reshape(state, [batch, length, width]);
          },
        },
      );
      states[`hidden.${layers}`] = hidden;
      return { ...states, logits: tokenLogits(weights, config, hidden) } satisfies TensorMap;
    },
    functionOptions(model, 'hidden states', {}),
  );
  const results = await run.run(splicedInputs(rows, imageTokenId, config, { batch, length, visual }));
  await run.dispose();
  return results;
}

/** The visual tokens of a case's images, as transformers has them. */
export function visualRows({ cases, tensors }: TinyCheckpoint, name: string): VisualTokens[] {
  const all = tensors[`${name}/visual`];
  const { grids } = cases[name] ?? {};
  if (grids !== undefined && all?.dtype === 'float32') {
    let at = 0;
    return grids.map(([down, across]) => {
      const [count, depth] = [(down * across) / 4, all.shape[1] ?? 0];
      const data = all.data.slice(at, (at += count * depth));
      return { shape: [count, depth], dtype: 'float32', data, grid: [down / 2, across / 2] };
    });
  }
  const [count = 0, length = 0, width = 0] = all?.shape ?? [];
  return Array.from({ length: count }, (_, row) => ({
    shape: [length, width],
    dtype: 'float32',
    data: Float32Array.from(all?.data.subarray(row * length * width, (row + 1) * length * width) ?? []),
  }));
}
