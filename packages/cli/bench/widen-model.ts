import type { HostTensor, Weights } from '@fgam/compile';
import type { FgamModel } from '@fgam/models';

/**
 * A compact model made `factor` times as wide that says what it said: each feature stands there so many
 * times, each sum over features is divided by that, and heads are as wide as they were. What a trained model
 * of that size costs, without training one (the idea is Net2Net's, Chen et al. 2016, arXiv:1511.05641).
 */
export function widenModel({ config, tokenizer, weights }: FgamModel, factor: number): FgamModel {
  const { vision_config: vision, text_config: text, fgam } = config;
  const wide = <Part extends { hidden_size: number; intermediate_size: number; num_attention_heads: number }>(
    part: Part,
  ) => ({
    ...part,
    hidden_size: factor * part.hidden_size,
    intermediate_size: factor * part.intermediate_size,
    num_attention_heads: factor * part.num_attention_heads,
  });
  const widened = Object.entries(weights).map(([name, weight]): [string, HostTensor] => {
    if (/\.stem\.|logit_scale|relation_head/.test(name)) return [name, weight];
    if (/_projection\.weight$/.test(name))
      return [name, tiled(weight, factor, [name.startsWith('fgam.') ? 'in' : 'out'])];
    if (/embed_tokens|position_embedding/.test(name)) return [name, tiled(weight, factor, ['feature'])];
    // The tied head sums over features, and the norm before it is the last place to divide.
    if (name === 'language_model.model.norm.weight')
      return [name, scaled(tiled(weight, factor, ['out']), 1 / factor)];
    if (weight.shape.length < 2) return [name, tiled(weight, factor, ['out'])];
    const cells = name === 'multi_modal_projector.linear_1.weight' ? fgam.connector_merge ** 2 : 1;
    return [name, tiled(weight, factor, ['out', 'in'], cells)];
  });
  return {
    tokenizer,
    config: {
      ...config,
      vision_config: wide(vision),
      text_config: { ...wide(text), num_key_value_heads: factor * text.num_key_value_heads },
    },
    weights: Object.fromEntries(widened) satisfies Weights,
  };
}

/**
 * A weight [out, in] or [out] whose axes stand there `factor` times: `out` as it is, `in` divided by the
 * factor, `feature` an input axis that is looked up and not summed.
 *
 * @param cells - parts of the input axis that are repeated each for itself
 */
function tiled(
  { shape, data }: HostTensor,
  factor: number,
  axes: readonly ('out' | 'in' | 'feature')[],
  cells = 1,
): HostTensor {
  const [rows = 1, columns = 1] = shape;
  const down = axes.includes('out') ? factor : 1;
  const across = axes.includes('in') || axes.includes('feature') ? factor : 1;
  const scale = axes.includes('in') ? 1 / factor : 1;
  const cell = columns / cells;
  const made = new Float32Array(down * rows * across * columns);
  for (let i = 0; i < made.length; i++) {
    const row = Math.floor(i / (across * columns)) % rows;
    const column = i % (across * columns);
    const source = Math.floor(column / (across * cell)) * cell + (column % cell);
    made[i] = scale * (data[row * columns + source] ?? 0);
  }
  return {
    shape: [down * rows, ...(shape.length > 1 ? [across * columns] : [])],
    dtype: 'float32',
    data: made,
  };
}

function scaled({ shape, data }: HostTensor, by: number): HostTensor {
  return { shape, dtype: 'float32', data: Float32Array.from(data, (x) => x * by) };
}
