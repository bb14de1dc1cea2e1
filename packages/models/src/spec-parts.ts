/** How a weight starts: a normal of that standard deviation, or one value everywhere. */
export type WeightInit = { readonly std: number } | { readonly value: number };

/** Name, shape (torch's layout: linear maps are [out, in]) and start of one weight. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: WeightInit;
}

/** A linear map's weights: N(0, std^2), the bias 0. */
export const linear = (name: string, out: number, input: number, std: number, bias = true): WeightSpec[] => [
  { name: `${name}.weight`, shape: [out, input], init: { std } },
  ...(bias ? [{ name: `${name}.bias`, shape: [out], init: { value: 0 } }] : []),
];

/** A layer norm's weights. */
export const normSpecs = (name: string, width: number): WeightSpec[] => [
  { name: `${name}.weight`, shape: [width], init: { value: 1 } },
  { name: `${name}.bias`, shape: [width], init: { value: 0 } },
];

/** Sizes of the layers of an encoder, as Hugging Face calls them. */
export interface EncoderSizes {
  readonly num_hidden_layers: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
}

/** Weights of pre-norm layers, under CLIP's names: what `encoderLayer` reads. */
export function encoderSpecs(
  root: string,
  { num_hidden_layers: layers, hidden_size: width, intermediate_size: inner }: EncoderSizes,
): WeightSpec[] {
  const std = width ** -0.5;
  const residual = (2 * layers) ** -0.5;
  return Array.from({ length: layers }, (_, i) => `${root}.${i}`).flatMap((layer) => [
    ...linear(`${layer}.self_attn.q_proj`, width, width, std),
    ...linear(`${layer}.self_attn.k_proj`, width, width, std),
    ...linear(`${layer}.self_attn.v_proj`, width, width, std),
    ...linear(`${layer}.self_attn.out_proj`, width, width, std * residual),
    ...normSpecs(`${layer}.layer_norm1`, width),
    ...linear(`${layer}.mlp.fc1`, inner, width, std),
    ...linear(`${layer}.mlp.fc2`, width, inner, inner ** -0.5 * residual),
    ...normSpecs(`${layer}.layer_norm2`, width),
  ]);
}
