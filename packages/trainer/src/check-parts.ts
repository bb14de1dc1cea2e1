import { trainerError } from './error.js';
import { hasDetection, hasDistillation, hasHacl } from './loss-weights.js';
import type { ModelStepOptions } from './model-step.js';

/**
 * @throws FgamError `trainer/bad-config` where parts of the loss lack what they need: a weight, heads of the
 * model, images, a teacher
 */
export function checkParts({
  name,
  model: { config },
  weights,
  sources,
  readsImages = true,
  distillation,
}: ModelStepOptions): void {
  if (!Object.values(weights).some((weight) => weight > 0)) {
    throw trainerError('trainer/bad-config', `${name}: expected a part of the loss with a weight above 0`);
  }
  if (hasHacl(weights) && config.fgam.hacl_embed_dim === undefined) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a model with fgam.hacl_embed_dim, whose heads HACL trains; add them with withHeads(model, { hacl_embed_dim: 64 }, seed)`,
    );
  }
  if (hasDetection(weights) && config.fgam.box_hidden_size === undefined) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a model with fgam.box_hidden_size, whose detection head is trained; add it with withHeads(model, { box_hidden_size: 128 }, seed)`,
    );
  }
  const ofTexts = ['tokens', 'distillation'];
  if (
    !readsImages &&
    Object.entries(weights).some(([part, weight]) => !ofTexts.includes(part) && weight > 0)
  ) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected no weights but those of tokens and distillation where no images are read, got ${JSON.stringify(weights)}`,
    );
  }
  const alone = sources.find(
    (source) =>
      source.readsImages === false &&
      (weights.tokens === 0 || source.length === undefined || distillation !== undefined),
  );
  if (alone !== undefined) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a weight of tokens, a length and no distillation with ${JSON.stringify(alone.name)}, whose rows are texts alone`,
    );
  }
  if (hasDistillation(weights) !== (distillation !== undefined) || (distillation && weights.tokens === 0)) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a teacher, a weight of distillation and one of tokens, or neither of the first two, got ${JSON.stringify(weights)} and ${distillation ? 'a' : 'no'} teacher`,
    );
  }
}
