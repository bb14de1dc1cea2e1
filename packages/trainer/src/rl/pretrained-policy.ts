import type { TensorMap, Weights } from '@fgam/compile';
import type { Float32Input } from '@fgam/data';
import { tokenLogProbs } from '@fgam/losses';
import {
  type Adapter,
  adapterWeights,
  answerBatch,
  answerTokens,
  imageBatch,
  isAdapterWeight,
  type PretrainedModel,
  pretrainedHidden,
  tokenLogits,
} from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { trainerError } from '../error.js';
import { fingerprintWeights } from '../fingerprint.js';
import { fingerprintPretrained } from '../fingerprint-pretrained.js';
import { need } from '../tensors.js';
import type { Policy } from './policy.js';
import { tokenValues, VALUE_HEAD } from './value-head.js';

/** A checkpoint of the Hugging Face hub with an adapter beside its weights. */
export interface AdaptedModel {
  readonly model: PretrainedModel;
  readonly adapter: Adapter;
}

/** Before the names of what the model reads, beside what its losses read. */
const INPUTS = 'policy/';

/**
 * A checkpoint of the Hugging Face hub as a policy, of which an adapter is trained: the reference is the
 * checkpoint with the adapter as it is now, so that the weights under it are there once. Each round of a
 * trajectory is a row of its own.
 *
 * @throws FgamError `trainer/bad-config` for a checkpoint whose answers end with a text: what ends them is no
 * token that could be learnt
 * @example
 * ```ts no-run
 * import { createAdapter, loadPretrained, promptWithImages } from '@fgam/models';
 * import { createDpoStep, createPretrainedPolicy, train } from '@fgam/trainer';
 *
 * const model = await loadPretrained('llava-1.5-7b-hf', { weights: 'files' });
 * const policy = await createPretrainedPolicy({ model, adapter: createAdapter(model.family, { rank: 8 }) });
 * const prompt = promptWithImages(model, 'Is there a cat?', 1);
 * const step = await createDpoStep({
 *   name: 'dpo',
 *   model: policy,
 *   pairs: [{ image: 'dog.jpg', prompt, chosen: 'No', rejected: 'Yes' }],
 *   batchSize: 1,
 *   seed: 1,
 * });
 * const { weights } = await train({ step, out: 'run', steps: 100, schedule: { learningRate: 1e-5 } });
 * // The checkpoint with the adapter as it was trained.
 * const { adapter } = policy.withWeights(weights);
 * console.log(Object.keys(adapter.weights));
 * ```
 */
export async function createPretrainedPolicy(adapted: AdaptedModel): Promise<Policy<AdaptedModel>> {
  const { model, adapter } = adapted;
  const { family, processor, stored, endIds, stopTexts } = model;
  const { config } = family;
  const [stop] = stopTexts;
  if (stop !== undefined)
    throw trainerError(
      'trainer/bad-config',
      `createPretrainedPolicy: expected a checkpoint whose answers end with a token, got ${family.modelType}, whose end with ${JSON.stringify(stop)}; tune it by train sft`,
    );
  const weights: Weights = { ...model.weights, ...adapterWeights(family, adapter) };
  return {
    width: config.text_config.hidden_size,
    weights,
    ...(stored === undefined ? {} : { stored }),
    trainable: isAdapterWeight,
    identity: {
      ...(await fingerprintPretrained(model)),
      adapter: { rank: adapter.rank, alpha: adapter.alpha, targets: adapter.targets },
      initialWeights: fingerprintWeights(adapter.weights),
    },
    withWeights: (now) => ({
      model,
      adapter: {
        ...adapter,
        weights: Object.fromEntries(
          Object.keys(adapter.weights).map((name) => [name, now[name] as Weights[string]]),
        ),
      },
    }),
    rowsOf: (rounds) => rounds.map((round) => [round]),
    sharesRows: false,
    maxRowTokens: config.text_config.max_position_embeddings,
    async inputs(rows, length) {
      const prepared = await Promise.all(rows.map(({ image }) => processor.prepare(image)));
      const rounds = rows.map(({ rounds: [round] }) => round as NonNullable<typeof round>);
      const images = imageBatch(family, prepared, {
        instructions: rounds.map(({ instruction = [] }) => instruction),
      });
      const { mask, ...texts } = answerBatch(
        rounds.map(({ promptIds, tokens }, row) => ({
          promptIds,
          answerIds: tokens,
          images: images.places.slice(row, row + 1),
        })),
        { ...family, length },
      );
      const named = Object.entries({ ...images.inputs, ...texts }).map(
        ([name, each]) => [INPUTS + name, each] as const,
      );
      return { ...Object.fromEntries(named), targetMask: mask as Float32Input };
    },
    scores(all, inputs, options = {}) {
      const hidden = pretrainedHidden(family, all, ofModel(inputs), {
        ...options,
        isTrained: isAdapterWeight,
      });
      const logits = tokenLogits(all, config, hidden);
      const logProbs = tokenLogProbs(logits, need(inputs, `${INPUTS}labels`));
      const written = tf.mul(logProbs, need(inputs, 'targetMask'));
      return all[`${VALUE_HEAD}.weight`] === undefined
        ? { logProbs: written }
        : { logProbs: written, values: tokenValues(all, hidden) };
    },
    async encode(prompt, image) {
      const extent = family.visualExtent(await processor.prepare(image));
      const { promptIds, instruction } = answerTokens(model, { prompt, answer: '' }, [extent]);
      return { promptIds, ...(instruction.length === 0 ? {} : { instruction }) };
    },
    encodeAnswer: (answer) => [...model.tokenizer.encode(answer, { isPart: true }), ...endIds.slice(0, 1)],
  };
}

function ofModel(inputs: TensorMap): TensorMap {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      name.startsWith(INPUTS) ? [[name.slice(INPUTS.length), tensor]] : [],
    ),
  );
}
