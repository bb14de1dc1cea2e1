import { connector } from '../blocks/connector.js';
import { layersRead, visionTower } from '../blocks/vision-tower.js';
import { type ModelConfig, parseConfig } from '../config.js';
import { modelsError } from '../error.js';
import { createClipProcessor } from '../processors/clip-processor.js';
import { weightOf } from '../tensors.js';
import { visionGrid } from '../vision-grid.js';
import { connectorSpecs, normSpecs, textSpecs, visionSpecs } from '../weight-specs.js';
import type { Family } from './family.js';
import { squareImage } from './square-image.js';

/**
 * LLaVA-1.5 (`LlavaForConditionalGeneration`): CLIP's tower at layer -2 without the class
 * token, a two-layer MLP, LLaMA.
 *
 * Three generations of files: those of the hub have `language_model.model.*`, `language_model.lm_head.*`,
 * `vision_tower.vision_model.*` and `multi_modal_projector.*`; transformers 5 writes `vision_tower.*` without
 * `vision_model`; modules since 4.52 are called `model.language_model.*`, `lm_head.*`, `model.vision_tower.*`
 * and `model.multi_modal_projector.*`.
 */
export const llava: Family = {
  modelType: 'llava',
  open(json) {
    const config = readConfig(json);
    const tied = config.text_config.tie_word_embeddings;
    return {
      modelType: 'llava',
      config,
      imageTokenId: config.image_token_index,
      weightSpecs: [
        ...visionSpecs(config),
        // In the files, though LLaVA reads the tower before it.
        ...normSpecs('vision_tower.vision_model.post_layernorm', config.vision_config.hidden_size),
        ...connectorSpecs(config),
        ...textSpecs(config),
      ],
      names: [
        ['model.language_model.', 'language_model.model.'],
        ['lm_head.', 'language_model.lm_head.'],
        ['model.vision_tower.vision_model.', 'vision_tower.vision_model.'],
        ['model.vision_tower.', 'vision_tower.vision_model.'],
        ['vision_tower.vision_model.', 'vision_tower.vision_model.'],
        ['vision_tower.', 'vision_tower.vision_model.'],
        ['model.multi_modal_projector.', 'multi_modal_projector.'],
      ],
      parts: {
        vision: ['vision_tower.'],
        connector: ['multi_modal_projector.'],
        language: ['language_model.'],
      },
      isRead: (name) => {
        const layer = /^vision_tower\.vision_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1];
        if (layer !== undefined) return Number(layer) < layersRead(config);
        return !name.startsWith('vision_tower.vision_model.post_layernorm.');
      },
      isIgnored: (name) =>
        name.endsWith('.position_ids') ||
        name.endsWith('.rotary_emb.inv_freq') ||
        (tied && name === 'language_model.lm_head.weight'),
      createProcessor: (processor) => createClipProcessor(processor, config.vision_config.image_size),
      imageSpecs: squareImage(config.vision_config.image_size),
      visualExtent: () => ({ shape: [visionGrid(config).visualTokens, config.text_config.hidden_size] }),
      visual: (weights, inputs, options) => {
        const tower = visionTower(weights, config, weightOf(inputs, 'pixels'), options);
        return { visual: connector(weights, config, tower) };
      },
    };
  },
};

/** Spellings of transformers 4 and 5, without what FGAM adds. */
function readConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null)
    throw modelsError('models/bad-config', 'llava: expected config.json to hold an object');
  const given = json as Readonly<Record<string, unknown>>;
  const text = given['text_config'];
  return parseConfig({
    ...given,
    image_token_index: given['image_token_index'] ?? given['image_token_id'],
    text_config:
      typeof text === 'object' && text !== null && given['tie_word_embeddings'] === true
        ? { ...text, tie_word_embeddings: true }
        : text,
    fgam: {},
  });
}
