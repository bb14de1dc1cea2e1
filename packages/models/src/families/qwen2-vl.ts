import { type PatchMergerConfig, patchMergerTower } from '../blocks/patch-merger-tower.js';
import { createQwen2VlProcessor } from '../processors/qwen2-vl-processor.js';
import { readQwen2VlConfig } from '../qwen2-vl-config.js';
import { weightOf } from '../tensors.js';
import { textSpecs } from '../weight-specs.js';
import type { Family } from './family.js';
import { patchMergerSpecs } from './patch-merger-specs.js';

/**
 * Qwen2-VL (`Qwen2VLForConditionalGeneration`): a ViT over patches of images of any shape, a patch merger,
 * Qwen2 with positions in time, row and column. Images alone, no films.
 *
 * Two generations of names: files have `visual.*`, `model.*` and `lm_head.*`; modules since transformers 4.52
 * are called `model.visual.*` and `model.language_model.*`.
 */
export const qwen2Vl: Family = {
  modelType: 'qwen2_vl',
  open(json) {
    const config = readQwen2VlConfig(json);
    const { vision_config: vision } = config;
    const tied = config.text_config.tie_word_embeddings;
    return {
      modelType: 'qwen2_vl',
      config,
      imageTokenId: config.image_token_id,
      weightSpecs: [...patchMergerSpecs(vision), ...textSpecs(config)],
      names: [
        ['model.language_model.', 'language_model.model.'],
        ['model.visual.', 'visual.'],
        ['model.', 'language_model.model.'],
        ['lm_head.', 'language_model.lm_head.'],
      ],
      parts: {
        vision: ['visual.patch_embed.', 'visual.blocks.'],
        connector: ['visual.merger.'],
        language: ['language_model.'],
      },
      isRead: () => true,
      isIgnored: (name) =>
        name.endsWith('.rotary_emb.inv_freq') ||
        name.endsWith('.rotary_pos_emb.inv_freq') ||
        (tied && name === 'language_model.lm_head.weight'),
      createProcessor: (processor) => createQwen2VlProcessor(processor, vision),
      imageSpecs: { patches: { shape: patchShape(vision), dtype: 'float32' } },
      visualExtent: (prepared) => {
        const [, rows = 0, columns = 0] = prepared['patches']?.shape ?? [];
        return { shape: [rows * columns, vision.hidden_size], grid: [rows, columns] };
      },
      visual: (weights, inputs, options) => ({
        visual: patchMergerTower(weights, vision, weightOf(inputs, 'patches'), options),
      }),
    };
  },
};

/** Pixels along each side of the image that plans are made with. */
const PLANNED_SIDE = 448;

function patchShape(vision: PatchMergerConfig): number[] {
  const { patch_size: patch, temporal_patch_size: frames, spatial_merge_size: merge } = vision;
  const squares = Math.floor(PLANNED_SIDE / (patch * merge));
  return [1, squares, squares, merge ** 2, 3 * frames * patch ** 2];
}
