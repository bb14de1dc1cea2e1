import type { ModelConfig } from '@fgam/models';
import {
  contrastsRegions,
  hasDetection,
  hasHacl,
  hasRelations,
  hasSpatialText,
  type LossWeights,
} from './loss-weights.js';

/** Weights of the connector, LLaVA's or MiniGPT-4's. */
const CONNECTOR = /^(?:multi_modal_projector\.|qformer\.|query_tokens$|language_projection\.)/;

/**
 * Weights that some part of the loss reaches; decay would shrink the others for nothing.
 *
 * @param readsImages - without images only the language model is reached
 */
export function trainableUnder(
  weights: LossWeights,
  { fgam }: ModelConfig,
  readsImages: boolean,
): (name: string) => boolean {
  if (!readsImages) return (name) => name.startsWith('language_model.');
  const writes = weights.tokens > 0 || hasHacl(weights);
  const contrast = weights.global > 0 || contrastsRegions(weights);
  const readsTexts = contrast || hasSpatialText(weights) || hasDetection(weights);
  return (name) => {
    if (name.startsWith('fgam.relation_head')) return hasRelations(weights);
    if (name.startsWith('fgam.hacl_')) return hasHacl(weights);
    if (name.startsWith('fgam.detection_') || name.startsWith('fgam.box_head')) return hasDetection(weights);
    if (name === 'fgam.region_logit_scale') return contrastsRegions(weights);
    if (name === 'fgam.image_logit_scale') return weights.global > 0;
    if (name.startsWith('fgam.text_projection') || name.startsWith('fgam.text_tower')) return readsTexts;
    if (name.startsWith('fgam.vision_projection')) return contrast || weights.spatial > 0;
    if (CONNECTOR.test(name)) return writes;
    // With a tower of its own for texts, nothing else reads the language model.
    if (name.startsWith('language_model.')) return writes || (readsTexts && fgam.text_tower === undefined);
    return true;
  };
}
