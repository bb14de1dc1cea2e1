/**
 * Stage 1 on scenes from the shipped base checkpoint, with the MLP or the transformer as relation head,
 * without and with HACL: one run each, on the same images and updates. Scores are of held-out scenes, with
 * 95 % intervals by image.
 *
 *     npm run bench:stage1 -w fgam -- [--steps 120] [--train 2000] [--test 192] [--seed 1] [--only NAME] [--out FOLDER]
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrapInterval, type Interval, scoreScenes } from '@fgam/bench';
import { createFunction, type TensorMap } from '@fgam/compile';
import {
  cacheTokens,
  collateRegions,
  PixelCache,
  type RegionSample,
  RELATIONS,
  writeScenes,
} from '@fgam/data';
import {
  connector,
  createRegionTextScorer,
  type FgamModel,
  globalImageEmbeddings,
  globalTextEmbeddings,
  imageEmbeddings,
  regionEmbeddings,
  relationLogits,
  textEmbeddings,
  visionGrid,
  visionTower,
  withHeads,
} from '@fgam/models';
import { wrongCaptions } from '@fgam/rectifier';
import { createModelStep } from '@fgam/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { answerQuestions } from '../src/answer-questions.js';
import { recallScores } from '../src/bench-tasks/recall-scores.js';
import { openAnswerer } from '../src/ports/open-answerer.js';
import { STAGE1_ALIGNMENT } from '../src/quickstart/variants.js';
import { COMPACT_OPTIMIZER } from '../src/recipes/optimizer.js';
import { captionSource } from '../src/recipes/scene-sources.js';
import { withWrongCaptions } from '../src/recipes/with-wrong-captions.js';
import { runTraining } from '../src/run-training.js';
import { readSceneData, type SceneData } from '../src/scene-data.js';
import { openModel } from '../src/train/open-model.js';

/** Ours: the authors' own alpha is not in their paper's abstract, README or code. */
const ALPHA = 0.5;
const LEARNING_RATE = 1e-3;
const BATCH = 32;
/** Wrong captions that a caption has to stand against. */
const WRONG = 4;
const REGIONS = 8;
const signal = new AbortController().signal;

const { values: given } = parseArgs({
  options: {
    steps: { type: 'string', default: '120' },
    train: { type: 'string', default: '2000' },
    test: { type: 'string', default: '192' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const [steps, seed] = [Number(given.steps), Number(given.seed)];
const out = given.out ?? (await mkdtemp(join(tmpdir(), 'fgam-stage1-')));

async function scenes(split: 'train' | 'test', count: number): Promise<SceneData> {
  const folder = join(out, 'scenes', split);
  await writeScenes({ out: folder, count, seed: 1000 + seed, split });
  return readSceneData(folder);
}

/** Held-out images as the programs read them, `BATCH` at a time. */
async function* batches(model: FgamModel, samples: readonly RegionSample[]) {
  const { grid, imageSize } = visionGrid(model.config);
  const pixels = new PixelCache({ size: imageSize });
  const tokenize = cacheTokens((text) => model.tokenizer.encode(text));
  for (let from = 0; from + BATCH <= samples.length; from += BATCH) {
    const part = samples.slice(from, from + BATCH);
    const loaded = await pixels.loadAll(part.map(({ image }) => image));
    const of = (sample: RegionSample): string[] => wrongCaptions(sample, { count: WRONG, seed: 99 });
    const negatives = { count: WRONG, of };
    yield {
      part,
      ...collateRegions({
        ...{ samples: part, pixels: loaded, tokenize, grid, maxRegions: REGIONS },
        captionNegatives: negatives,
      }),
    };
  }
}

interface Figure {
  readonly value: number;
  readonly n: number;
  readonly interval: Interval;
}

function shareOf(rows: readonly { readonly right: boolean; readonly image: string }[]): Figure {
  const values = rows.map(({ right }) => (right ? 1 : 0));
  const value = values.reduce<number>((sum, each) => sum + each, 0) / values.length;
  return {
    value,
    n: rows.length,
    interval: bootstrapInterval({ values, groups: rows.map(({ image }) => image), seed }),
  };
}

/** Relations told rightly by the head, and captions that lie closer to their image than each of their wrong ones. */
async function choices(model: FgamModel, samples: readonly RegionSample[]): Promise<Record<string, Figure>> {
  const { config, weights, tokenizer } = model;
  const hasHacl = config.fgam.hacl_embed_dim !== undefined;
  const cosines = (images: tf.Tensor, texts: tf.Tensor): tf.Tensor => {
    const [batch, width] = images.shape as [number, number];
    return tf.squeeze(
      tf.matMul(tf.reshape(texts, [batch, -1, width]), tf.reshape(images, [batch, width, 1])),
      [2],
    );
  };
  const program = createFunction(
    (w: TensorMap, inputs: TensorMap) => {
      const { pixels, roiWeights, captionIds, captionMask, wrongCaptionIds, wrongCaptionTextMask } =
        inputs as Record<string, tf.Tensor> &
          Record<
            | 'pixels'
            | 'roiWeights'
            | 'captionIds'
            | 'captionMask'
            | 'wrongCaptionIds'
            | 'wrongCaptionTextMask',
            tf.Tensor
          >;
      const tokens = visionTower(w, config, pixels);
      const regions = regionEmbeddings(w, config, tokens, roiWeights);
      const length = captionIds.shape[1] ?? 0;
      const rows = (right: tf.Tensor, wrong: tf.Tensor): tf.Tensor =>
        tf.reshape(tf.concat([tf.expandDims(right, 1), wrong], 1), [-1, length]);
      const [ids, mask] = [rows(captionIds, wrongCaptionIds), rows(captionMask, wrongCaptionTextMask)];
      const read = { endId: tokenizer.eosId };
      const isBidirectional = config.fgam.visual_prefix_bidirectional;
      return {
        relations: relationLogits(w, config, regions, REGIONS),
        byGlobal: cosines(imageEmbeddings(w, tokens), textEmbeddings(w, config, ids, mask)),
        ...(hasHacl
          ? {
              byHacl: cosines(
                globalImageEmbeddings(w, config, connector(w, config, tokens), { ...read, isBidirectional }),
                globalTextEmbeddings(w, config, ids, mask, read),
              ),
            }
          : {}),
      };
    },
    { weights },
  );
  const rows: Record<string, { right: boolean; image: string }[]> = {
    relations: [],
    byGlobal: [],
    byHacl: [],
  };
  for await (const { part, inputs, captionNegatives } of batches(model, samples)) {
    const found = await program.run({ ...inputs, ...captionNegatives });
    const classes = RELATIONS.length;
    for (const [pair, label] of inputs.relations.data.entries()) {
      if (label < 0) continue;
      const logits = [...(found['relations']?.data ?? [])].slice(pair * classes, (pair + 1) * classes);
      const image = part[Math.floor(pair / REGIONS ** 2)]?.id ?? '';
      rows['relations']?.push({ right: logits.indexOf(Math.max(...logits)) === label, image });
    }
    for (const name of ['byGlobal', 'byHacl'] as const) {
      const scores = found[name]?.data;
      if (scores === undefined) continue;
      for (const [row, { id }] of part.entries()) {
        const [right = Number.NaN, ...wrong] = [...scores].slice(row * (1 + WRONG), (row + 1) * (1 + WRONG));
        const real = wrong.filter((_, k) => captionNegatives?.wrongCaptionMask.data[row * WRONG + k] === 1);
        if (real.length > 0) rows[name]?.push({ right: real.every((each) => right > each), image: id });
      }
    }
  }
  await program.dispose();
  return Object.fromEntries(
    Object.entries(rows).flatMap(([name, each]) => (each.length === 0 ? [] : [[name, shareOf(each)]])),
  );
}

async function recall(model: FgamModel, samples: readonly RegionSample[]) {
  const texts = [...new Set(samples.flatMap(({ regions }) => regions.map(({ description }) => description)))];
  const scorer = createRegionTextScorer(model);
  const scored = await scorer.score(
    samples.map(({ image, regions }) => ({ image, boxes: regions.map(({ box }) => box), texts })),
  );
  await scorer.dispose();
  const similarity = scored.flatMap((rows) => rows.map((row) => Float32Array.from(row)));
  const textOf = samples.flatMap(({ regions }) =>
    regions.map(({ description }) => texts.indexOf(description)),
  );
  const imageOf = samples.flatMap(({ id, regions }) => regions.map(() => id));
  const { regionToText } = recallScores(similarity, { texts, textOf, imageOf }, seed);
  return regionToText.map(({ k, recall: value, n, interval }) => [`R@${k}`, { value, n, interval }] as const);
}

async function answers(model: FgamModel, data: SceneData) {
  const answerer = openAnswerer(model);
  const predictions = await answerQuestions(answerer, data, data.questions, { signal });
  await answerer.dispose();
  const { scores } = scoreScenes({ ...data, predictions, allowMissing: true });
  return scores.map(({ task, metric, ...figure }) => [`${task} ${metric}`, figure] as const);
}

const [train, test] = [await scenes('train', Number(given.train)), await scenes('test', Number(given.test))];
const base = await openModel();
const source = captionSource(train);
const pixels = new PixelCache({ size: visionGrid(base.config).imageSize });
for (const head of ['mlp', 'transformer'] as const) {
  for (const hacl of [0, ALPHA]) {
    const name = `${head}${hacl > 0 ? ' + HACL' : ''}`;
    if (given.only !== undefined && given.only !== name) continue;
    const model = withHeads(
      base,
      {
        ...(head === 'transformer' ? { relation_transformer: {} } : {}),
        ...(hacl > 0 ? { hacl_embed_dim: 64 } : {}),
      },
      seed,
    );
    const start = performance.now();
    const { weights } = await runTraining({
      label: name,
      step: createModelStep({
        name,
        model,
        sources: [hacl > 0 ? withWrongCaptions(source, { seed }) : source],
        weights: { ...STAGE1_ALIGNMENT, ...(hacl > 0 ? { hacl } : {}) },
        batchSize: BATCH,
        seed,
        pixels,
      }),
      out: join(out, name.replaceAll(/\W+/g, '-')),
      steps,
      schedule: { learningRate: LEARNING_RATE, warmup: Math.round(steps / 10) },
      optimizer: COMPACT_OPTIMIZER,
      saveEvery: steps,
      signal,
    });
    const seconds = (performance.now() - start) / 1000;
    const trained = { ...model, weights };
    const figures = {
      ...Object.fromEntries(await recall(trained, test.samples)),
      ...(await choices(trained, test.samples)),
      ...Object.fromEntries(await answers(trained, test)),
    };
    console.log(JSON.stringify({ name, seconds: Math.round(seconds), steps, seed, figures }));
  }
}
