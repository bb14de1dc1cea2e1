import type { TensorMap } from '@fgam/compile';
import { hardNegativeLoss, logitScaleOf, regionTextLoss, relationLoss } from '@fgam/losses';
import { regionEmbeddings, relationLogits } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import {
  type CompositeLossOptions,
  embedTexts,
  lazily,
  type LossParts,
  NOTHING,
  type PartInputs,
} from './loss-parts.js';
import { contrastsRegions, hasHardNegatives, hasRelations, hasSpatialText } from './loss-weights.js';
import { need } from './tensors.js';

/** Regions against their descriptions, and relations of regions and of descriptions (RTCL, SCC). */
export function regionParts({ options, weights, inputs, seen }: PartInputs): LossParts {
  const { config, weights: lossWeights } = options;
  const isContrasted = contrastsRegions(lossWeights);
  if (!(isContrasted || hasRelations(lossWeights)) || inputs['roiWeights'] === undefined) return NOTHING;
  const regions = regionEmbeddings(weights, config, seen(), inputs['roiWeights']);
  const texts = lazily(() => embedTexts(options, weights, need(inputs, 'textIds'), need(inputs, 'textMask')));
  const contrasts = isContrasted ? contrastParts({ options, weights, inputs }, regions, texts()) : NOTHING;
  const relations = (embeddings: tf.Tensor): tf.Tensor => {
    const labels = need(inputs, 'relations');
    return relationLoss({
      logits: relationLogits(weights, config, embeddings, labels.shape[1] ?? 0),
      labels,
    });
  };
  return {
    parts: {
      ...contrasts.parts,
      ...(lossWeights.spatial > 0 ? { spatial: relations(regions) } : {}),
      // The same head: a relation reads the same in regions and in what is said of them.
      ...(hasSpatialText(lossWeights) ? { spatialText: relations(texts()) } : {}),
    },
    figures: contrasts.figures,
  };
}

function contrastParts(
  { options, weights, inputs }: Pick<PartInputs, 'options' | 'weights' | 'inputs'>,
  regions: tf.Tensor,
  texts: tf.Tensor,
): LossParts {
  const { weights: lossWeights } = options;
  const pairs = regionTextPairs(weights, inputs, regions, texts);
  const negatives = lazily(() => regionNegatives(options, weights, inputs));
  const columns = (): ReturnType<typeof negativeColumns> | undefined =>
    options.negativeColumns === true ? negativeColumns(inputs, negatives()) : undefined;
  return {
    parts: {
      ...(lossWeights.regionText > 0 ? { regionText: regionTextLoss({ ...pairs, ...columns() }) } : {}),
      ...(hasHardNegatives(lossWeights)
        ? { hardNegatives: hardNegativeLoss({ ...pairs, ...negatives() }) }
        : {}),
    },
    figures: { regionLogitScale: logitScaleOf(pairs.logitScale) },
  };
}

/** Regions with their descriptions, as the region-text losses take them. */
function regionTextPairs(
  weights: TensorMap,
  inputs: TensorMap,
  regions: tf.Tensor,
  texts: tf.Tensor,
): Parameters<typeof regionTextLoss>[0] & { readonly mask: tf.Tensor } {
  return {
    regions,
    texts,
    logitScale: need(weights, 'fgam.region_logit_scale'),
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
  weights: TensorMap,
  inputs: TensorMap,
): RegionNegatives {
  const mask = need(inputs, 'negativeMask');
  const each = mask.shape.at(-1) ?? 0;
  const rows = embedTexts(options, weights, need(inputs, 'negativeIds'), need(inputs, 'negativeTextMask'));
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
