import type { LossProgram, TensorMap } from '@fgam/compile';
import {
  detectionLoss,
  distillationLoss,
  hardNegativeLoss,
  imageTextLoss,
  logitScaleOf,
  regionTextLoss,
  relationLoss,
  tokenLoss,
} from '@fgam/losses';
import {
  connector,
  conversationHidden,
  detectionOutputs,
  imageEmbeddings,
  type LayerOptions,
  type ModelConfig,
  regionEmbeddings,
  relationLogits,
  textEmbeddings,
  tokenLogits,
  visionTower,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { haclContrast } from './hacl-contrast.js';
import {
  contrastsRegions,
  hasDetection,
  hasDistillation,
  hasHacl,
  hasHardNegatives,
  hasRelations,
  hasSpatialText,
  type LossWeights,
} from './loss-weights.js';
import { TOKEN_COUNT } from './step.js';
import { need, packedTexts, rowsOf } from './tensors.js';

/** The one loss of the trainer's steps. */
export interface CompositeLossOptions extends LayerOptions {
  readonly config: ModelConfig;
  readonly weights: LossWeights;
  /** Length of the blocks that no segment crosses, by the row length T of a batch. */
  readonly blockLengths: ReadonlyMap<number, number>;
  /** Wrong descriptions are columns of the region-text loss, seen by every region. Default false. */
  readonly negativeColumns?: boolean;
  /** Of the distributions that distillation compares. Default 1. */
  readonly temperature?: number;
  /** The token that ends a text, for HACL. Default 0. */
  readonly endId?: number;
}

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
  const { config, weights, blockLengths, recompute = false } = options;
  return (model, inputs) => {
    const { pixels } = inputs;
    const tokens = pixels && visionTower(model, config, pixels, { recompute });
    // Texts alone are read without one.
    const visual = lazily(() => tokens && connector(model, config, tokens));
    const seen = (): tf.Tensor => tokens ?? need(inputs, 'pixels');
    const parts: Record<string, tf.Tensor> = {};
    const terms: tf.Tensor[] = [];
    const add = (name: keyof LossWeights, part: tf.Tensor): void => {
      parts[name] = part;
      terms.push(tf.mul(part, weights[name] ?? 0));
    };
    if (weights.tokens > 0 && inputs['inputIds'] !== undefined) {
      const length = inputs['inputIds'].shape[1] ?? 0;
      const hidden = conversationHidden(model, config, visual(), packedTexts(inputs), {
        blockLength: blockLengths.get(length) ?? length,
        recompute,
      });
      const logits = tokenLogits(model, config, hidden);
      const places = { logits, mask: need(inputs, 'targetMask'), count: inputs[TOKEN_COUNT] };
      add('tokens', tokenLoss({ ...places, labels: need(inputs, 'targets') }));
      if (hasDistillation(weights)) {
        const teacherLogits = need(inputs, 'teacherLogits');
        const { temperature = 1 } = options;
        add('distillation', distillationLoss({ ...places, teacherLogits }, { temperature }));
      }
    }
    if (weights.global > 0 && inputs['captionIds'] !== undefined) {
      const logitScale = need(model, 'fgam.image_logit_scale');
      const texts = embedTexts(options, model, need(inputs, 'captionIds'), need(inputs, 'captionMask'));
      const images = imageEmbeddings(model, seen());
      const pairs = { images, texts, logitScale, mask: need(inputs, 'hasCaption') };
      add('global', imageTextLoss({ ...pairs, textGroups: need(inputs, 'captionGroups') }));
      parts['imageLogitScale'] = logitScaleOf(logitScale);
    }
    if ((contrastsRegions(weights) || hasRelations(weights)) && inputs['roiWeights'] !== undefined) {
      const regions = regionEmbeddings(model, config, seen(), need(inputs, 'roiWeights'));
      const texts = lazily(() =>
        embedTexts(options, model, need(inputs, 'textIds'), need(inputs, 'textMask')),
      );
      if (contrastsRegions(weights)) {
        const pairs = regionTextPairs(model, inputs, regions, texts());
        parts['regionLogitScale'] = logitScaleOf(pairs.logitScale);
        const negatives = lazily(() => regionNegatives(options, model, inputs));
        if (weights.regionText > 0) {
          const columns = options.negativeColumns === true ? negativeColumns(inputs, negatives()) : {};
          add('regionText', regionTextLoss({ ...pairs, ...columns }));
        }
        if (hasHardNegatives(weights)) add('hardNegatives', hardNegativeLoss({ ...pairs, ...negatives() }));
      }
      const relations = (embeddings: tf.Tensor): tf.Tensor => {
        const labels = need(inputs, 'relations');
        return relationLoss({
          logits: relationLogits(model, config, embeddings, labels.shape[1] ?? 0),
          labels,
        });
      };
      if (weights.spatial > 0) add('spatial', relations(regions));
      // The same head: a relation reads the same in regions and in what is said of them.
      if (hasSpatialText(weights)) add('spatialText', relations(texts()));
    }
    if (hasDetection(weights) && inputs['phraseIds'] !== undefined) {
      const phrases = embedTexts(options, model, need(inputs, 'phraseIds'), need(inputs, 'phraseTextMask'));
      const { total, l1, giou } = detectionLoss({
        ...detectionOutputs(model, config, seen(), phrases),
        labels: need(inputs, 'tokenPhrases'),
        targets: need(inputs, 'tokenBoxes'),
        phraseMask: need(inputs, 'phraseMask'),
      });
      add('detection', total);
      parts['detectionL1'] = l1;
      parts['detectionGiou'] = giou;
    }
    if (hasHacl(weights) && inputs['captionIds'] !== undefined) {
      const contrasted = haclContrast(model, config, inputs, {
        visual: visual() ?? need(inputs, 'pixels'),
        generation: sum(terms) ?? tf.scalar(0),
        alpha: weights.hacl ?? 0,
        endId: options.endId ?? 0,
        isBidirectional: config.fgam.visual_prefix_bidirectional,
        recompute,
      });
      return { ...parts, ...contrasted };
    }
    const total = sum(terms);
    if (total === undefined) throw new Error('compositeLoss: expected the inputs of a part with a weight');
    return { total, ...parts };
  };
}

/** Regions with their descriptions, as the region-text losses take them. */
function regionTextPairs(
  model: TensorMap,
  inputs: TensorMap,
  regions: tf.Tensor,
  texts: tf.Tensor,
): Parameters<typeof regionTextLoss>[0] & { readonly mask: tf.Tensor } {
  return {
    regions,
    texts,
    logitScale: need(model, 'fgam.region_logit_scale'),
    mask: tf.reshape(need(inputs, 'regionMask'), [-1]),
    textGroups: tf.reshape(need(inputs, 'textGroups'), [-1]),
  };
}

/** The K wrong descriptions of each region. */
interface RegionNegatives {
  /** [B * R, K, E]. */
  readonly negatives: tf.Tensor;
  /** [B * R, K]. */
  readonly negativeMask: tf.Tensor;
}

function regionNegatives(
  options: CompositeLossOptions,
  model: TensorMap,
  inputs: TensorMap,
): RegionNegatives {
  const mask = need(inputs, 'negativeMask');
  const each = mask.shape.at(-1) ?? 0;
  const rows = embedTexts(options, model, need(inputs, 'negativeIds'), need(inputs, 'negativeTextMask'));
  return {
    negatives: tf.reshape(rows, [-1, each, rows.shape.at(-1) ?? 0]),
    negativeMask: tf.reshape(mask, [-1, each]),
  };
}

/** The wrong descriptions of all regions as columns that every region sees, but for one that is its own description. */
function negativeColumns(
  inputs: TensorMap,
  { negatives, negativeMask }: RegionNegatives,
): Pick<Parameters<typeof regionTextLoss>[0], 'negatives' | 'negativeMask' | 'negativeGroups'> {
  return {
    negatives: tf.reshape(negatives, [-1, negatives.shape.at(-1) ?? 0]),
    negativeMask: tf.reshape(negativeMask, [-1]),
    negativeGroups: tf.reshape(need(inputs, 'negativeGroups'), [-1]),
  };
}

/** Embeddings of texts [..., T], one row a text. */
function embedTexts(
  { config, recompute = false }: CompositeLossOptions,
  model: TensorMap,
  ids: tf.Tensor,
  mask: tf.Tensor,
): tf.Tensor {
  return textEmbeddings(model, config, rowsOf(ids), rowsOf(mask), { recompute });
}

function sum(terms: readonly tf.Tensor[]): tf.Tensor | undefined {
  return terms.length === 0 ? undefined : terms.reduce((total, term) => tf.add(total, term));
}

/** What is made where it is first asked for, and once. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
