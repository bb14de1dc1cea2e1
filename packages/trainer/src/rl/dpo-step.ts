import { type Backend, createFunction, type LossProgram } from '@fgam/compile';
import { type ImageSource, PixelCache } from '@fgam/data';
import { dpoLoss, type DpoOptions } from '@fgam/losses';
import { decaysWeight, type FgamModel, type LayerOptions, type ModelConfig, visionGrid } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { trainerError } from '../error.js';
import {
  cacheImageHashes,
  fingerprintExamples,
  fingerprintTokenizer,
  fingerprintWeights,
} from '../fingerprint.js';
import { createSourceTurns } from '../source-turns.js';
import type { Step } from '../step.js';
import { collateRollouts, rolloutLength } from './collate-rollouts.js';
import { policyScores } from './policy-program.js';

/** Two responses to one prompt about an image, of which one is better. */
export interface PreferencePair {
  readonly image: ImageSource;
  /** As the model reads it (`formatPrompt`). */
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** Options of {@link createDpoStep}. */
export interface DpoStepOptions extends DpoOptions {
  readonly name: string;
  /** Where training starts: the policy, and the frozen reference. */
  readonly model: FgamModel;
  readonly pairs: readonly PreferencePair[];
  /** Pairs of an update. */
  readonly batchSize: number;
  readonly seed: number;
  readonly recompute?: LayerOptions['recompute'];
  readonly backend?: Backend;
  readonly threads?: number;
  readonly pixels?: PixelCache;
}

/** Rows are padded to the same multiple throughout a run, so that there is one shape. */
const ROW_UNIT = 32;
/** The segments of a row: the better response, and the worse. */
const [CHOSEN, REJECTED] = [1, 2] as const;

/**
 * Direct preference optimisation on pairs of responses, such as a trajectory's accepted final and its refused first. Both share a row and the image's tokens,
 * and do not see each other.
 *
 * @throws FgamError `trainer/no-data` without pairs; `trainer/bad-config` for pairs whose two responses are the same tokens, or that do not fit the model's positions: all are named
 */
export function createDpoStep(options: DpoStepOptions): Step {
  const { name, model, pairs, batchSize, seed, beta, labelSmoothing, recompute, backend, threads } = options;
  const { config, tokenizer } = model;
  const examples = pairs.map(({ image, prompt, chosen, rejected }) => {
    const promptIds = tokenizer.encode(prompt);
    const answer = (text: string) => ({
      promptIds,
      tokens: [...tokenizer.encode(text), tokenizer.eosId],
      score: 0,
    });
    return { image, rounds: [answer(chosen), answer(rejected)] };
  });
  checkPairs(name, examples, pairs, config);
  const draw = createSourceTurns(name, [{ name: 'pairs', examples }], { batchSize, seed });
  const longest = examples.reduce((most, { rounds }) => Math.max(most, rolloutLength(rounds)), 1);
  const length = ROW_UNIT * Math.ceil(longest / ROW_UNIT);
  const pixels = options.pixels ?? new PixelCache({ size: visionGrid(config).imageSize });
  const layers = recompute === undefined ? {} : { recompute };
  const settings = {
    ...(beta === undefined ? {} : { beta }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  };
  const reference = createFunction((weights, inputs) => responseLogProbs(config, weights, inputs), {
    weights: model.weights,
    name: `${name} reference`,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  });
  const hashOf = cacheImageHashes();
  return {
    name,
    weights: model.weights,
    loss: dpoProgram(config, { ...settings, ...layers }),
    decays: decaysWeight,
    // The heads of stage 1 are in no part of this loss.
    trainable: (weight) => !weight.startsWith('fgam.'),
    identity: {
      name,
      config,
      batchSize,
      seed,
      ...settings,
      ...(recompute ? { recompute } : {}),
      initialWeights: fingerprintWeights(model.weights),
      tokenizer: fingerprintTokenizer(tokenizer),
      pairs: fingerprintExamples(
        pairs.map(({ image, prompt, chosen, rejected }) => ({
          image,
          segments: [
            { prompt, answer: chosen },
            { prompt, answer: rejected },
          ],
        })),
        hashOf,
      ),
    },
    async batch(step, cursors) {
      const { examples: drawn, next } = draw(step, cursors);
      const images = await pixels.loadAll(drawn.map(({ image }) => image));
      const rows = drawn.map(({ rounds }, row) => ({ pixels: images[row] as Uint8Array, rounds }));
      const inputs = collateRollouts(rows, { padId: tokenizer.padId, length });
      const { chosen, rejected } = await reference.run({ ...inputs });
      return {
        inputs: {
          ...inputs,
          referenceChosen: chosen as NonNullable<typeof chosen>,
          referenceRejected: rejected as NonNullable<typeof rejected>,
        },
        tokens: inputs.targetMask.data.reduce((sum, each) => sum + each, 0),
        next,
      };
    },
    dispose: () => reference.dispose(),
  };
}

/** Log-probabilities of each row's two responses, summed over their tokens: [B] each. */
function responseLogProbs(
  config: ModelConfig,
  model: Parameters<typeof policyScores>[1],
  inputs: Parameters<typeof policyScores>[2],
  layers: LayerOptions = {},
): { readonly chosen: tf.Tensor; readonly rejected: tf.Tensor } {
  const { logProbs } = policyScores(config, model, inputs, layers);
  const segments = inputs['segmentIds'] as tf.Tensor;
  const counted = tf.mul(logProbs, inputs['targetMask'] as tf.Tensor);
  const sumOf = (segment: number): tf.Tensor =>
    tf.sum(tf.mul(counted, tf.cast(tf.equal(segments, tf.scalar(segment, 'int32')), 'float32')), 1);
  return { chosen: sumOf(CHOSEN), rejected: sumOf(REJECTED) };
}

/** DPO's loss over rows of two responses; inputs beside those of a conversation: `referenceChosen` and `referenceRejected`, [B] float32. */
function dpoProgram(config: ModelConfig, { recompute, ...settings }: DpoOptions & LayerOptions): LossProgram {
  return (model, inputs) => {
    const layers = recompute === undefined ? {} : { recompute };
    const { chosen, rejected } = responseLogProbs(config, model, inputs, layers);
    return {
      ...dpoLoss(
        {
          chosenLogProbs: chosen,
          rejectedLogProbs: rejected,
          referenceChosenLogProbs: inputs['referenceChosen'] as tf.Tensor,
          referenceRejectedLogProbs: inputs['referenceRejected'] as tf.Tensor,
        },
        settings,
      ),
    };
  };
}

interface Encoded {
  readonly rounds: readonly { readonly promptIds: readonly number[]; readonly tokens: readonly number[] }[];
}

function checkPairs(
  name: string,
  examples: readonly Encoded[],
  pairs: readonly PreferencePair[],
  config: ModelConfig,
): void {
  const { visualTokens } = visionGrid(config);
  const room = config.text_config.max_position_embeddings - visualTokens;
  const faults = examples.flatMap(({ rounds }, index) => {
    const [chosen, rejected] = rounds.map(({ tokens }) => tokens.join());
    const longest = Math.max(...rounds.map(({ promptIds, tokens }) => promptIds.length + tokens.length));
    const which = `pair ${index} (${JSON.stringify(pairs[index]?.prompt)})`;
    return [
      ...(chosen === rejected ? [`${which}: expected two responses, got the same tokens twice`] : []),
      ...(longest > room ? [`${which}: expected at most ${room} tokens, got ${longest}`] : []),
    ];
  });
  if (faults.length > 0)
    throw trainerError('trainer/bad-config', `${name}: ${faults.slice(0, 10).join('; ')}`);
}
