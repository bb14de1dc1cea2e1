import type { PatchMergerConfig } from '../blocks/patch-merger-tower.js';
import { linear, normSpecs, type WeightSpec } from '../weight-specs.js';

/** Weights of Qwen2-VL's vision tower and its merger. */
export function patchMergerSpecs(vision: PatchMergerConfig): WeightSpec[] {
  const { embed_dim: width, spatial_merge_size: merge } = vision;
  const inner = width * vision.mlp_ratio;
  const patch = [3, vision.temporal_patch_size, vision.patch_size, vision.patch_size];
  const values = patch.reduce((a, b) => a * b, 1);
  const std = width ** -0.5;
  const residual = (2 * vision.depth) ** -0.5;
  const specs: WeightSpec[] = [
    { name: 'visual.patch_embed.proj.weight', shape: [width, ...patch], init: { std: values ** -0.5 } },
  ];
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}`;
    specs.push(
      ...normSpecs(`${block}.norm1`, width),
      ...linear(`${block}.attn.qkv`, 3 * width, width, std),
      ...linear(`${block}.attn.proj`, width, width, std * residual),
      ...normSpecs(`${block}.norm2`, width),
      ...linear(`${block}.mlp.fc1`, inner, width, std),
      ...linear(`${block}.mlp.fc2`, width, inner, inner ** -0.5 * residual),
    );
  }
  const joined = width * merge ** 2;
  specs.push(
    ...normSpecs('visual.merger.ln_q', width),
    ...linear('visual.merger.mlp.0', joined, joined, joined ** -0.5),
    ...linear('visual.merger.mlp.2', vision.hidden_size, joined, joined ** -0.5),
  );
  return specs;
}
