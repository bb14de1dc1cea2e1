import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Weights } from '@fgam/compile';
import { createRandom, writeScenes } from '@fgam/data';
import { compactConfig, createWeights, decaysWeight, type ModelConfig, visionGrid } from '@fgam/models';
import { createModelStep, type LossWeights, type TrainingSource } from '@fgam/trainer';
import { ANSWERS, STAGE1_ALIGNMENT } from '../../packages/cli/src/quickstart/variants.js';
import { newCompactModel } from '../../packages/cli/src/recipes/new-model.js';
import { COMPACT_OPTIMIZER } from '../../packages/cli/src/recipes/optimizer.js';
import { captionSource, instructionSources } from '../../packages/cli/src/recipes/scene-sources.js';
import { readSceneData, type SceneData } from '../../packages/cli/src/scene-data.js';
import { DECODER, DECODER_WORDS, decoderTokenizer } from './decoder-config.js';
import type { Job, TrainingDetails } from './job.js';

const SEED = 1;
const OPTIMIZER = { beta1: 0.9, epsilon: 1e-8, ...COMPACT_OPTIMIZER };
/** ViT-S/16 without a class token. */
const VISION = compactConfig({
  vision_config: {
    image_size: 224,
    patch_size: 16,
    hidden_size: 384,
    intermediate_size: 1536,
    num_hidden_layers: 12,
    num_attention_heads: 6,
  },
  fgam: { stem: { kind: 'patch' }, embed_dim: 100 },
});
const PROMPT_LENGTH = 32;
const NEW_TOKENS = 128;

/** The programs by name; each makes the job that all peers get. */
export const PROGRAMS: Readonly<Record<string, () => Job | Promise<Job>>> = {
  decoder,
  vision,
  'stage-1': () => compact('stage-1', STAGE1_ALIGNMENT, (data) => captionSource(data)),
  sft: () =>
    compact(
      'sft',
      ANSWERS,
      (data) => instructionSources(data, { parts: 3, turns: { questions: 1, captions: 0 } })[0],
    ),
  'decode-1': () => decode('decode-1', 1),
  'decode-16': () => decode('decode-16', 16),
};

/** A LLaMA-style decoder's step on 32 rows of 96 tokens. */
function decoder(): Job {
  const shape = [32, 96];
  const inputs = {
    inputIds: wholeNumbers('ids', shape, DECODER.text_config.vocab_size),
    targets: wholeNumbers('targets', shape, DECODER.text_config.vocab_size),
  };
  return training('decoder', 'tokens', DECODER, languageWeights(), inputs);
}

/**
 * A vision tower's step on 8 images: mean of the tokens, linear classifier. What is cheap is computed again:
 * it is the program that memory matters to.
 */
function vision(): Job {
  const weights = pick(createWeights(VISION, SEED), (name) =>
    /^vision_tower|^fgam.vision_projection/.test(name),
  );
  const size = VISION.vision_config.image_size;
  const random = wholeNumbers('pixels', [8, size, size, 3], 256);
  const pixels = {
    shape: random.shape,
    dtype: 'float32',
    data: Float32Array.from(random.data, (x) => x / 127.5 - 1),
  } as const;
  const labels = wholeNumbers('labels', [8], VISION.fgam.embed_dim);
  const job = training('vision', 'classes', VISION, weights, { pixels, labels });
  return { ...job, details: { ...job.details, recompute: 'activations' } };
}

/** A step of the compact model on scenes, as the quickstart trains it. */
async function compact(
  program: string,
  lossWeights: LossWeights,
  sourceOf: (data: SceneData) => TrainingSource | undefined,
): Promise<Job> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-peers-'));
  try {
    await writeScenes({ out: folder, count: 64, seed: SEED, split: 'train' });
    const source = sourceOf(await readSceneData(folder));
    if (source === undefined) throw new Error(`${program}: no source of examples`);
    const model = newCompactModel({ seed: SEED });
    const step = createModelStep({
      name: program,
      model,
      sources: [source],
      weights: lossWeights,
      batchSize: 32,
      seed: SEED,
    });
    const { inputs } = await step.batch(1, {});
    const job = training(program, 'composite', model.config, model.weights, inputs, step.trainable);
    const { length = 0, blockLength = length } = source;
    return { ...job, details: { ...job.details, lossWeights, blockLength } };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Greedy decoding by the decoder, through the product's generator. */
function decode(program: string, batch: number): Job {
  const tokenizer = decoderTokenizer();
  const weights = languageWeights();
  const table = weights['language_model.model.embed_tokens.weight']?.data as Float32Array;
  const width = DECODER.text_config.hidden_size;
  // Embeddings are tied: a row of zeros has logit 0, so that no row of the batch ends before its time.
  table.fill(0, tokenizer.eosId * width, (tokenizer.eosId + 1) * width);
  const random = wholeNumbers('prompts', [batch, PROMPT_LENGTH], DECODER_WORDS.length);
  const texts = Array.from({ length: batch }, (_, row) =>
    Array.from(
      random.data.subarray(row * PROMPT_LENGTH, (row + 1) * PROMPT_LENGTH),
      (at) => DECODER_WORDS[at],
    ).join(' '),
  );
  const prompts = Int32Array.from(texts.flatMap((text) => tokenizer.encode(text)));
  return {
    program,
    config: DECODER,
    weights,
    inputs: { prompts: { shape: [batch, PROMPT_LENGTH], dtype: 'int32', data: prompts } },
    details: {
      kind: 'decode',
      texts,
      newTokens: NEW_TOKENS,
      positionOffset: visionGrid(DECODER).visualTokens,
      forbidden: [tokenizer.padId, tokenizer.imageId],
    },
  };
}

function training(
  program: string,
  loss: TrainingDetails['loss'],
  config: ModelConfig,
  weights: Weights,
  inputs: Job['inputs'],
  isTrainable: (name: string) => boolean = () => true,
): Job & { readonly details: TrainingDetails } {
  const trainable = Object.keys(weights).filter(isTrainable);
  return {
    program,
    config,
    weights,
    inputs,
    details: {
      kind: 'training',
      loss,
      learningRate: 1e-3,
      optimizer: OPTIMIZER,
      trainable,
      decays: trainable.filter(decaysWeight),
    },
  };
}

function languageWeights(): Weights {
  return pick(createWeights(DECODER, SEED), (name) => name.startsWith('language_model.'));
}

function pick(weights: Weights, wanted: (name: string) => boolean): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => wanted(name)));
}

/** Random whole numbers in 0 .. `below` - 1, the same in every run. */
function wholeNumbers(name: string, shape: readonly number[], below: number) {
  const random = createRandom(`${SEED}/${name}`);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Int32Array.from({ length: size }, () => random.int(0, below - 1));
  return { shape, dtype: 'int32', data } as const;
}
