import { evaTower } from '../blocks/eva-tower.js';
import { linear } from '../blocks/linear.js';
import { qFormer } from '../blocks/q-former.js';
import type { Program } from '../generation/programs.js';
import { createBlipProcessor } from '../processors/blip-processor.js';
import { parseQFormerConfig } from '../q-former-config.js';
import { weightOf } from '../tensors.js';
import type { Family, VisualProgram } from './family.js';
import { qFormerSpecs } from './q-former-specs.js';
import { squareImage } from './square-image.js';

/** How the models with a Q-Former differ. */
export interface QFormerVariant {
  readonly modelType: string;
  /** The Q-Former reads the prompt beside its queries. */
  readonly readsText: boolean;
  /** Visual tokens go before the prompt, and are not in it. */
  readonly imagesFirst: boolean;
}

/**
 * EVA's tower, a Q-Former whose queries become as many visual tokens, one linear map, LLaMA.
 *
 * All generations of files have the names of the modules: `vision_model.*`, `query_tokens`, `qformer.*`,
 * `language_projection.*`, `language_model.*`. BLIP-2 calls `qformer.layernorm` what InstructBLIP calls
 * `qformer.embeddings.layernorm`.
 */
export function qFormerFamily({ modelType, readsText, imagesFirst }: QFormerVariant): Family {
  return {
    modelType,
    open(json) {
      const config = parseQFormerConfig(json, modelType);
      const { vocab_size: vocabulary, max_position_embeddings: length } = config.qformer_config;
      const see: VisualProgram = (weights, inputs, options) => ({
        visual: evaTower(weights, config, weightOf(inputs, 'pixels'), options),
      });
      const ask: Program = (weights, inputs) => {
        const { instruction: ids, mask } = inputs;
        const text = ids === undefined || mask === undefined ? undefined : { ids, mask };
        const queries = qFormer(weights, config, weightOf(inputs, 'features'), text);
        return { visual: linear(weights, 'language_projection', queries) };
      };
      const last = `qformer.encoder.layer.${config.qformer_config.num_hidden_layers - 1}`;
      const unread = [`${last}.intermediate.`, `${last}.output.`];
      const tied = config.text_config.tie_word_embeddings;
      return {
        modelType,
        config,
        imageTokenId: config.image_token_index,
        imagesFirst,
        ...(readsText ? { instruction: { vocabulary, length, read: ask } } : {}),
        weightSpecs: qFormerSpecs(config, readsText),
        names: [['qformer.layernorm.', 'qformer.embeddings.layernorm.']],
        parts: {
          vision: ['vision_model.'],
          qFormer: ['qformer.', 'query_tokens'],
          connector: ['language_projection.'],
          language: ['language_model.'],
        },
        // Nothing looks at a text after the last layer: its feed-forward layer there.
        isRead: (name) => !unread.some((part) => name.startsWith(part)),
        isIgnored: (name) =>
          name.endsWith('.position_ids') ||
          name.endsWith('.rotary_emb.inv_freq') ||
          (tied && name === 'language_model.lm_head.weight'),
        createProcessor: (processor) => createBlipProcessor(processor, config.vision_config.image_size),
        imageSpecs: squareImage(config.vision_config.image_size),
        visualExtent: () => ({ shape: [config.num_query_tokens, config.text_config.hidden_size] }),
        visual: readsText
          ? see
          : (weights, inputs, options) =>
              ask(weights, { features: weightOf(see(weights, inputs, options), 'visual') }),
      };
    },
  };
}
