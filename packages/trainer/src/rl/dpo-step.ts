import { type Backend, createFunction, type LossProgram, type TensorMap } from '@fgam/compile';
import type { ImageSource, PixelCache } from '@fgam/data';
import { dpoLoss, type DpoOptions } from '@fgam/losses';
import { decaysWeight, type FgamModel, type LayerOptions } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { trainerError } from '../error.js';
import { cacheImageHashes, fingerprintExamples } from '../fingerprint.js';
import { paddedLength } from '../padded-length.js';
import { createSourceTurns } from '../source-turns.js';
import type { Step } from '../step.js';
import { need } from '../tensors.js';
import { rolloutLength } from './collate-rollouts.js';
import { policyOf } from './compact-policy.js';
import type { Policy } from './policy.js';

/** Two responses to one prompt about an image, of which one is better. */
export interface PreferencePair {
  /** What faults call it by. Default: its place among the pairs and its prompt. */
  readonly id?: string;
  readonly image: ImageSource;
  /** As the model reads it (`formatPrompt`; of a checkpoint `promptWithImages`). */
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** Options of {@link createDpoStep}. */
export interface DpoStepOptions extends DpoOptions {
  readonly name: string;
  /**
   * Where training starts, and the frozen reference: one of FGAM's own models, or a policy
   * (`createPretrainedPolicy`).
   */
  readonly model: FgamModel | Policy<unknown>;
  readonly pairs: readonly PreferencePair[];
  /** Pairs of an update. */
  readonly batchSize: number;
  readonly seed: number;
  readonly recompute?: LayerOptions['recompute'];
  readonly backend?: Backend;
  readonly threads?: number;
  readonly pixels?: PixelCache;
}

/** The step of DPO, and what it does not train on. */
export interface DpoStep extends Step {
  /** Pairs whose two responses are the same tokens, such as words that the tokenizer does not know. */
  readonly leftOut: readonly PreferencePair[];
}

/** Pairs that a fault names. */
const SHOWN = 10;

/** Rows are padded to the same multiple throughout a run, so that there is one shape. */
const ROW_UNIT = 32;
/** The segments of a row, where both responses share one: the better response, and the worse. */
const [CHOSEN, REJECTED] = [1, 2] as const;

/**
 * Direct preference optimisation on pairs of responses, such as a trajectory's accepted final and its refused
 * first. They do not see each other, whether they share a row or have one each. Pairs whose two responses are
 * the same tokens are left out.
 *
 * @throws FgamError `trainer/no-data` without pairs, or where all are left out; `trainer/bad-config` for
 * pairs that do not fit the model's positions: how many, and the first ten
 * @example
 * ```ts
 * import { compactConfig, createTokenizer, createWeights } from '@fgam/models';
 * import { createDpoStep } from '@fgam/trainer';
 * import sharp from 'sharp';
 *
 * const red = { width: 64, height: 64, channels: 3, background: 'red' } as const;
 * const image = await sharp({ create: red }).png().toBuffer();
 * const tokenizer = createTokenizer(['which', 'colour', '?', 'red', 'blue']);
 * const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
 * const prompt = 'which colour ?';
 * const step = await createDpoStep({
 *   name: 'dpo',
 *   model: { config, tokenizer, weights: createWeights(config, 1) },
 *   pairs: [
 *     { image, prompt, chosen: 'red', rejected: 'blue' },
 *     // The tokenizer knows neither word: both are the same token.
 *     { id: 'unknown', image, prompt, chosen: 'teal', rejected: 'plum' },
 *   ],
 *   batchSize: 1,
 *   seed: 1,
 * });
 * if (step.leftOut.map(({ id }) => id).join() !== 'unknown') throw new Error('expected one pair to go');
 * // What `train` asks for, with the frozen reference's log-probabilities; each answer is a word and its end.
 * const { inputs, tokens } = await step.batch(1, {});
 * if (tokens !== 4 || !(inputs['referenceChosen']!.data[0]! < 0)) throw new Error(String(tokens));
 * await step.dispose?.();
 * ```
 */
export async function createDpoStep(options: DpoStepOptions): Promise<DpoStep> {
  const { name, model, batchSize, seed, beta, labelSmoothing, recompute, backend, threads } = options;
  const policy: Policy<unknown> = policyOf<unknown>(model, options.pixels);
  const { weights, stored } = policy;
  const { pairs, leftOut } = separatePairs(options, policy);
  const examples = [];
  for (const { image, prompt, chosen, rejected } of pairs) {
    const encoded = await policy.encode(prompt, image);
    const answer = (text: string) => ({ ...encoded, tokens: policy.encodeAnswer(text), score: 0 });
    examples.push({ image, rounds: [answer(chosen), answer(rejected)] });
  }
  checkLengths(name, examples, pairs, policy.maxRowTokens);
  const draw = createSourceTurns(name, [{ name: 'pairs', examples }], { batchSize, seed });
  const lengths = examples.flatMap(({ rounds }) => policy.rowsOf(rounds).map(rolloutLength));
  const length = paddedLength(lengths, ROW_UNIT);
  const layers = recompute === undefined ? {} : { recompute };
  const settings = {
    ...(beta === undefined ? {} : { beta }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  };
  const reference = createFunction((all, inputs) => responseLogProbs(policy, all, inputs), {
    weights,
    ...(stored === undefined ? {} : { stored }),
    name: `${name} reference`,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  });
  const hashOf = cacheImageHashes();
  return {
    name,
    leftOut,
    weights,
    ...(stored === undefined ? {} : { stored }),
    loss: dpoProgram(policy, { ...settings, ...layers }),
    // Rows of a checkpoint of the hub say where their visual tokens are among those of the whole batch.
    indivisible: policy.sharesRows ? undefined : 'visual tokens are those of the whole batch',
    decays: decaysWeight,
    trainable: policy.trainable,
    identity: {
      name,
      ...policy.identity,
      batchSize,
      seed,
      ...settings,
      ...(recompute ? { recompute } : {}),
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
      const rows = drawn.flatMap(({ image, rounds }) =>
        policy.rowsOf(rounds).map((together) => ({ image, rounds: together })),
      );
      const inputs = await policy.inputs(rows, length);
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

/** Log-probabilities of each pair's two responses, summed over their tokens: [B] each. */
function responseLogProbs(
  { scores }: Pick<Policy<unknown>, 'scores'>,
  weights: TensorMap,
  inputs: TensorMap,
  layers: LayerOptions = {},
): { readonly chosen: tf.Tensor; readonly rejected: tf.Tensor } {
  const { logProbs: counted } = scores(weights, inputs, layers);
  const segments = inputs['segmentIds'];
  if (segments === undefined) {
    const sums = tf.reshape(tf.sum(counted, 1), [-1, 2]);
    const [chosen, rejected] = tf.unstack(sums, 1) as [tf.Tensor, tf.Tensor];
    return { chosen, rejected };
  }
  const sumOf = (segment: number): tf.Tensor =>
    tf.sum(tf.mul(counted, tf.cast(tf.equal(segments, tf.scalar(segment, 'int32')), 'float32')), 1);
  return { chosen: sumOf(CHOSEN), rejected: sumOf(REJECTED) };
}

/**
 * DPO's loss over pairs of responses; inputs beside the policy's own: `referenceChosen` and
 * `referenceRejected`, [B] float32.
 */
function dpoProgram(
  policy: Policy<unknown>,
  { recompute, ...settings }: DpoOptions & LayerOptions,
): LossProgram {
  return (model, inputs) => {
    const layers = recompute === undefined ? {} : { recompute };
    const { chosen, rejected } = responseLogProbs(policy, model, inputs, layers);
    return {
      ...dpoLoss(
        {
          chosenLogProbs: chosen,
          rejectedLogProbs: rejected,
          referenceChosenLogProbs: need(inputs, 'referenceChosen'),
          referenceRejectedLogProbs: need(inputs, 'referenceRejected'),
        },
        settings,
      ),
    };
  };
}

/** Separates pairs whose responses are the same tokens from those to train on; gives each an id for errors. */
function separatePairs(
  { name, pairs: given }: DpoStepOptions,
  { encodeAnswer }: Pick<Policy<unknown>, 'encodeAnswer'>,
): { readonly pairs: readonly Named[]; readonly leftOut: readonly Named[] } {
  const named = given.map(
    (pair, index): Named => ({ ...pair, id: pair.id ?? `${index} (${JSON.stringify(pair.prompt)})` }),
  );
  const isSame = ({ chosen, rejected }: PreferencePair): boolean =>
    encodeAnswer(chosen).join() === encodeAnswer(rejected).join();
  const [pairs, leftOut] = [named.filter((pair) => !isSame(pair)), named.filter(isSame)];
  if (pairs.length > 0 || leftOut.length === 0) return { pairs, leftOut };
  throw trainerError(
    'trainer/no-data',
    `${name}: expected a pair of two responses, got the same tokens twice in all ${leftOut.length} (${firstOf(leftOut.map(({ id }) => id))}); ` +
      'give pairs that differ in words which the model knows',
  );
}

type Named = PreferencePair & { readonly id: string };

interface Encoded {
  readonly rounds: readonly { readonly promptIds: readonly number[]; readonly tokens: readonly number[] }[];
}

function checkLengths(
  name: string,
  examples: readonly Encoded[],
  pairs: readonly Named[],
  maxRowTokens: number,
): void {
  const faults = examples.flatMap(({ rounds }, index) => {
    const longest = Math.max(...rounds.map(({ promptIds, tokens }) => promptIds.length + tokens.length));
    return longest > maxRowTokens ? [`${pairs[index]?.id} has ${longest}`] : [];
  });
  if (faults.length > 0)
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected pairs of at most ${maxRowTokens} tokens, got ${faults.length} longer ones: ${firstOf(faults)}; shorten them or leave them out`,
    );
}

/** The first of some faults, in words. */
function firstOf(faults: readonly string[]): string {
  return `${faults.slice(0, SHOWN).join('; ')}${faults.length > SHOWN ? '; ...' : ''}`;
}
