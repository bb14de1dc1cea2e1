import type { Weights } from '@fgam/compile';
import { PixelCache } from '@fgam/data';
import { tokenLogProbs } from '@fgam/losses';
import {
  connector,
  conversationHidden,
  type FgamModel,
  tokenLogits,
  visionGrid,
  visionTower,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { fingerprintTokenizer, fingerprintWeights } from '../fingerprint.js';
import { need, packedTexts } from '../tensors.js';
import { collateRollouts } from './collate-rollouts.js';
import type { Policy } from './policy.js';
import { tokenValues, VALUE_HEAD } from './value-head.js';

/** Added to the logits of what is never written: far below all others, and finite. */
const NEVER = -1e9;

/** The policy to train: `model` where it is one, else `compactPolicy` of one of FGAM's own models. */
export function policyOf<Model>(
  model: FgamModel | Policy<FgamModel> | Policy<Model>,
  pixels: PixelCache | undefined,
): Policy<FgamModel> | Policy<Model> {
  return 'scores' in model ? model : compactPolicy(model, pixels === undefined ? {} : { pixels });
}

/**
 * One of FGAM's own models as a policy: all of it is trained, and the rounds of a trajectory share a row and
 * the image's tokens without seeing each other.
 */
export function compactPolicy(
  model: FgamModel,
  {
    pixels = new PixelCache({ size: visionGrid(model.config).imageSize }),
  }: { readonly pixels?: PixelCache } = {},
): Policy<FgamModel> {
  const { config, tokenizer, weights } = model;
  const neverWritten = unwritten(model);
  return {
    width: config.text_config.hidden_size,
    weights,
    // The heads of stage 1 are in no part of these losses.
    trainable: (name) => !name.startsWith('fgam.'),
    identity: {
      config,
      initialWeights: fingerprintWeights(weights),
      tokenizer: fingerprintTokenizer(tokenizer),
      neverWritten,
    },
    withWeights: (now) => ({
      ...model,
      weights: Object.fromEntries(Object.keys(weights).map((name) => [name, now[name] as Weights[string]])),
    }),
    rowsOf: (rounds) => [rounds],
    sharesRows: true,
    maxRowTokens: config.text_config.max_position_embeddings - visionGrid(config).visualTokens,
    async inputs(rows, length) {
      const images = await pixels.loadAll(rows.map(({ image }) => image));
      const packed = rows.map(({ rounds }, row) => ({ pixels: images[row] as Uint8Array, rounds }));
      return { ...collateRollouts(packed, { padId: tokenizer.padId, length }) };
    },
    scores(all, inputs, options = {}) {
      const visual = connector(all, config, visionTower(all, config, need(inputs, 'pixels'), options));
      const hidden = conversationHidden(all, config, visual, packedTexts(inputs), options);
      const never = tf.tensor1d(neverBias(config.text_config.vocab_size, neverWritten));
      const logits = tf.add(tokenLogits(all, config, hidden), never);
      const logProbs = tf.mul(tokenLogProbs(logits, need(inputs, 'targets')), need(inputs, 'targetMask'));
      return all[`${VALUE_HEAD}.weight`] === undefined
        ? { logProbs }
        : { logProbs, values: tokenValues(all, hidden) };
    },
    encode: async (prompt) => ({ promptIds: tokenizer.encode(prompt) }),
    encodeAnswer: (answer) => [...tokenizer.encode(answer), tokenizer.eosId],
  };
}

/**
 * Tokens that the generator never says: padding, the image's, and those that the embeddings have
 * and the tokenizer has not.
 */
function unwritten({ config, tokenizer }: FgamModel): number[] {
  const { vocab_size: size } = config.text_config;
  const beyond = Array.from({ length: Math.max(0, size - tokenizer.size) }, (_, i) => tokenizer.size + i);
  return [tokenizer.padId, config.image_token_index, ...beyond];
}

function neverBias(size: number, tokens: readonly number[]): Float32Array {
  const bias = new Float32Array(size);
  for (const token of tokens) bias[token] = NEVER;
  return bias;
}
