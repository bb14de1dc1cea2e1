import { trainerError } from './error.js';
import { hasDetection, hasDistillation, hasHacl } from './loss-weights.js';
import type { ModelStepOptions } from './model-step.js';

/** Parts of the loss that texts alone can be trained by. */
const OF_TEXTS = ['tokens', 'distillation'];

/**
 * @throws FgamError `trainer/bad-config`, naming every fault, where parts of the loss lack what they need: a
 * weight, heads of the model, images, a teacher
 */
export function checkParts({
  name,
  model: { config },
  weights,
  sources,
  readsImages = true,
  distillation,
}: ModelStepOptions): void {
  const weighed = Object.entries(weights).flatMap(([part, weight]) => (weight > 0 ? [part] : []));
  const alone = sources.filter(
    (source) =>
      source.readsImages === false &&
      (weights.tokens === 0 || source.length === undefined || distillation !== undefined),
  );
  const faults = [
    weighed.length > 0 ? '' : 'expected a part of the loss with a weight above 0',
    hasHacl(weights) && config.fgam.hacl_embed_dim === undefined
      ? 'expected a model with fgam.hacl_embed_dim, whose heads HACL trains; add them with withHeads(model, { hacl_embed_dim: 64 }, seed)'
      : '',
    hasDetection(weights) && config.fgam.box_hidden_size === undefined
      ? 'expected a model with fgam.box_hidden_size, whose detection head is trained; add it with withHeads(model, { box_hidden_size: 128 }, seed)'
      : '',
    !readsImages && weighed.some((part) => !OF_TEXTS.includes(part))
      ? `expected no weights but those of tokens and distillation where no images are read, got ${JSON.stringify(weights)}`
      : '',
    ...alone.map(
      (source) =>
        `expected a weight of tokens, a length and no distillation with ${JSON.stringify(source.name)}, whose rows are texts alone`,
    ),
    hasDistillation(weights) !== (distillation !== undefined) || (distillation && weights.tokens === 0)
      ? `expected a teacher, a weight of distillation and one of tokens, or neither of the first two, got ${JSON.stringify(weights)} and ${distillation ? 'a' : 'no'} teacher`
      : '',
  ].filter(Boolean);
  if (faults.length > 0) throw trainerError('trainer/bad-config', `${name}: ${faults.join('; ')}`);
}
