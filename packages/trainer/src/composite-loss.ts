import type { LossProgram } from '@fgam/compile';
import { detectionLoss, distillationLoss, imageTextLoss, logitScaleOf, tokenLoss } from '@fgam/losses';
import {
  connector,
  conversationHidden,
  detectionOutputs,
  imageEmbeddings,
  tokenLogits,
  visionTower,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { trainerError } from './error.js';
import { haclContrast } from './hacl-contrast.js';
import {
  type CompositeLossOptions,
  embedTexts,
  lazily,
  type LossParts,
  NOTHING,
  type PartInputs,
} from './loss-parts.js';
import { hasDetection, hasDistillation, hasHacl, type LossWeights } from './loss-weights.js';
import { regionParts } from './region-parts.js';
import { TOKEN_COUNT } from './step.js';
import { need, packedTexts } from './tensors.js';

/**
 * total = w_t tokens + w_kd distillation + w_g global + w_r regionText + w_h hardNegatives + w_s spatial +
 * w_st spatialText + w_d detection + alpha hacl over one batch, all from one pass of the vision tower. Each
 * part of weight above 0 is reported by its name; so are the logit scales.
 *
 * Stage 1 has all but `tokens` (with it, captions keep being learnt); SFT and the rectification module have
 * `tokens` alone; HACL has `tokens` and `hacl`. A part whose inputs a batch lacks is left out of it.
 *
 * @returns a program with `total` and the unweighted parts, scalars float32. Its inputs are those of
 * `collateConversations` (tokens), `collateRegions` (contrasts and relations) and `collateDetections`,
 * and `teacherLogits` [B, T, V] float32 for distillation
 * @see paper equations 1 to 4, as docs/paper-map.md numbers them
 * @example
 * ```ts
 * import { createFunction } from '@fgam/compile';
 * import { collateConversations, float32Input } from '@fgam/data';
 * import { compactConfig, createTokenizer, weightSpecs } from '@fgam/models';
 * import { compositeLoss } from '@fgam/trainer';
 *
 * const tokenizer = createTokenizer(['is', 'it', 'red', '?', 'yes', 'no']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const program = compositeLoss({
 *   config,
 *   weights: { tokens: 2, global: 0, regionText: 0, spatial: 0 },
 *   blockLengths: new Map(),
 * });
 * // A model whose weights are all 0, for which every token is equally likely, and a text without an image.
 * const zeros = weightSpecs(config).map(({ name, shape }) => [name, float32Input(shape)] as const);
 * const weights = Object.fromEntries(zeros);
 * const loss = createFunction(program, { weights });
 * const { inputs } = collateConversations({
 *   rows: [{ segments: [{ prompt: 'is it red ?', answer: 'yes' }] }],
 *   tokenize: (text) => tokenizer.encode(text),
 *   eosId: tokenizer.eosId,
 * });
 * const parts = await loss.run(inputs);
 * if (Object.keys(parts).sort().join() !== 'tokens,total') throw new Error('expected no part of weight 0');
 * const each = Math.log(tokenizer.size);
 * if (!(Math.abs(parts['tokens']!.data[0]! - each) < 1e-4)) throw new Error('expected log V');
 * if (!(Math.abs(parts['total']!.data[0]! - 2 * each) < 1e-4)) throw new Error('expected 2 log V');
 * await loss.dispose();
 * ```
 */
export function compositeLoss(options: CompositeLossOptions): LossProgram {
  const { config, weights: lossWeights, recompute = false } = options;
  return (weights, inputs) => {
    const { pixels } = inputs;
    const tokens = pixels && visionTower(weights, config, pixels, { recompute });
    const batch: PartInputs = {
      options,
      weights,
      inputs,
      // Texts alone are read without an image.
      visual: lazily(() => tokens && connector(weights, config, tokens)),
      seen: () => tokens ?? need(inputs, 'pixels'),
    };
    const { parts, figures } = joined([
      tokenParts(batch),
      globalParts(batch),
      regionParts(batch),
      detectionParts(batch),
    ]);
    const terms = Object.entries(parts).map(([name, part]) =>
      tf.mul(part, lossWeights[name as keyof LossWeights] ?? 0),
    );
    if (hasHacl(lossWeights) && inputs['captionIds'] !== undefined) {
      const contrasted = haclContrast(weights, config, inputs, {
        visual: batch.visual() ?? need(inputs, 'pixels'),
        generation: sum(terms) ?? tf.scalar(0),
        alpha: lossWeights.hacl ?? 0,
        endId: options.endId ?? 0,
        isBidirectional: config.fgam.visual_prefix_bidirectional,
        recompute,
      });
      return { ...parts, ...figures, ...contrasted };
    }
    const total = sum(terms);
    if (total === undefined)
      throw trainerError(
        'trainer/bad-config',
        'compositeLoss: expected the inputs of a part with a weight; tokens need sources with a length, contrasts and relations their samples',
      );
    return { total, ...parts, ...figures };
  };
}

function joined(all: readonly LossParts[]): {
  readonly parts: Readonly<Record<string, tf.Tensor>>;
  readonly figures: Readonly<Record<string, tf.Tensor>>;
} {
  return {
    parts: Object.assign({}, ...all.map(({ parts }) => parts)) as Record<string, tf.Tensor>,
    figures: Object.assign({}, ...all.map(({ figures }) => figures)) as Record<string, tf.Tensor>,
  };
}

/** Cross-entropy of the answers' tokens, and distance from a teacher's distributions of them. */
function tokenParts({ options, weights, inputs, visual }: PartInputs): LossParts {
  const { config, weights: lossWeights, blockLengths, temperature = 1, recompute = false } = options;
  if (!(lossWeights.tokens > 0) || inputs['inputIds'] === undefined) return NOTHING;
  const length = inputs['inputIds'].shape[1] ?? 0;
  const hidden = conversationHidden(weights, config, visual(), packedTexts(inputs), {
    blockLength: blockLengths.get(length) ?? length,
    recompute,
  });
  const logits = tokenLogits(weights, config, hidden);
  const places = { logits, mask: need(inputs, 'targetMask'), count: inputs[TOKEN_COUNT] };
  const tokens = tokenLoss({ ...places, labels: need(inputs, 'targets') });
  if (!hasDistillation(lossWeights)) return { parts: { tokens }, figures: {} };
  const teacherLogits = need(inputs, 'teacherLogits');
  const distillation = distillationLoss({ ...places, teacherLogits }, { temperature });
  return { parts: { tokens, distillation }, figures: {} };
}

/** Images against their captions. */
function globalParts({ options, weights, inputs, seen }: PartInputs): LossParts {
  if (!(options.weights.global > 0) || inputs['captionIds'] === undefined) return NOTHING;
  const logitScale = need(weights, 'fgam.image_logit_scale');
  const texts = embedTexts(options, weights, inputs['captionIds'], need(inputs, 'captionMask'));
  const global = imageTextLoss({
    images: imageEmbeddings(weights, seen()),
    texts,
    logitScale,
    mask: need(inputs, 'hasCaption'),
    textGroups: need(inputs, 'captionGroups'),
  });
  return { parts: { global }, figures: { imageLogitScale: logitScaleOf(logitScale) } };
}

/** Tokens of the image against phrases, and boxes. */
function detectionParts({ options, weights, inputs, seen }: PartInputs): LossParts {
  if (!hasDetection(options.weights) || inputs['phraseIds'] === undefined) return NOTHING;
  const phrases = embedTexts(options, weights, inputs['phraseIds'], need(inputs, 'phraseTextMask'));
  const {
    total: detection,
    l1: detectionL1,
    giou: detectionGiou,
  } = detectionLoss({
    ...detectionOutputs(weights, options.config, seen(), phrases),
    labels: need(inputs, 'tokenPhrases'),
    targets: need(inputs, 'tokenBoxes'),
    phraseMask: need(inputs, 'phraseMask'),
  });
  return { parts: { detection }, figures: { detectionL1, detectionGiou } };
}

function sum(terms: readonly tf.Tensor[]): tf.Tensor | undefined {
  return terms.length === 0 ? undefined : terms.reduce((total, term) => tf.add(total, term));
}
