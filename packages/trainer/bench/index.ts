import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { type Backend, createTrainingStep } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { createModelStep, createRlStep, type LossWeights } from '../src/index.js';
import { benchScenes } from './bench-scenes.js';

/** Images a step: few, so that the eager backends end within minutes. */
const IMAGES = 8;
const benchmark = createBenchmark();
/** Rounds of each backend: an eager step takes seconds to minutes. */
const ROUNDS: Readonly<Partial<Record<Backend, number>>> = benchmark.isQuick
  ? { 'ort-cpu': 3, 'tfjs-wasm': 1 }
  : { 'ort-cpu': 12, 'tfjs-wasm': 2, 'tfjs-cpu': 2 };

// Silences the backend's advice to install another one.
tf.env().set('PROD', true);
const folder = await mkdtemp(join(tmpdir(), 'fgam-bench-'));
const { model, samples, questions, examples } = await benchScenes(folder, IMAGES);
const { tokenizer } = model;

async function measure(name: string, weights: LossWeights): Promise<void> {
  const step = createModelStep({
    name,
    model,
    sources: [{ name, examples, length: 96, blockLength: 32 }],
    weights,
    batchSize: IMAGES,
    seed: 1,
  });
  const { inputs } = await step.batch(1, {});
  const { loss, trainable } = step;
  const optimizer = { clipNorm: 1, weightDecay: 0.1, decays: step.decays, trainable };
  await benchmark.turns(name, ROUNDS, (backend) => {
    const training = createTrainingStep({ name, loss, weights: step.weights, optimizer, backend });
    return {
      run: () => training.run(inputs, { learningRate: 1e-4 }),
      dispose: () => training.dispose(),
    };
  });
}

/** Questions of an image that an update of PPO is about. */
const ASKED = 8;

/** An update of PPO on answers, each in a row of its own or all of an image in one. */
async function measureRows(): Promise<void> {
  const asked = samples.flatMap(({ id, image }) =>
    questions
      .filter(({ sample, kind }) => sample === id && kind !== 'caption')
      .slice(0, ASKED)
      .map((question) => ({ ...question, image })),
  );
  const answerOf = new Map(asked.map(({ id, answer }) => [id, answer]));
  const name = `PPO, ${asked.length} questions about ${IMAGES} images`;
  const rows = { 'a row each': 1, 'a row an image': ASKED };
  const updates = new Map<string, Awaited<ReturnType<typeof updateOf>>>();
  for (const [contender, questionsPerRow] of Object.entries(rows))
    updates.set(contender, await updateOf(questionsPerRow));

  async function updateOf(questionsPerRow: number) {
    const step = createRlStep({
      ...{
        name,
        model,
        requests: asked,
        questionsPerRow,
        questions: IMAGES * ASKED,
        minibatch: IMAGES * ASKED,
      },
      rollOut: ({ requests }) =>
        Promise.resolve(
          requests.map(({ id, image, question }, place) => ({
            ...{ image, group: id },
            rounds: [
              {
                promptIds: tokenizer.encode(`User: ${question} Assistant:`),
                tokens: [...tokenizer.encode(answerOf.get(id) ?? ''), tokenizer.eosId],
                score: place % 2,
              },
            ],
            trajectory: {
              ...{ id, image: String(image), question, attempts: [], final: '' },
              stop: 'accepted' as const,
            },
          })),
        ),
      seed: 1,
      alarms: { read: () => ({ claims: true }), evidence: join(folder, 'alarms.json') },
    });
    step.begin?.({ weights: () => Promise.resolve(step.weights) });
    return { step, inputs: (await step.batch(1, {})).inputs };
  }

  await benchmark.turns(
    name,
    Object.fromEntries(Object.keys(rows).map((each) => [each, ROUNDS['ort-cpu'] ?? 1])),
    (contender) => {
      const { step, inputs } = updates.get(contender) as NonNullable<ReturnType<typeof updates.get>>;
      const { loss, trainable, decays, weights } = step;
      const optimizer = { clipNorm: 1, weightDecay: 0.1, decays, trainable };
      const training = createTrainingStep({ name, loss, weights, optimizer });
      return {
        run: () => training.run(inputs, { learningRate: 1e-4 }),
        dispose: () => training.dispose(),
      };
    },
  );
}

await measure(`stage 1, ${IMAGES} images`, { tokens: 0, global: 1, regionText: 1, spatial: 0.2 });
await measure(`SFT, ${IMAGES} images x 96 tokens`, { tokens: 1, global: 0, regionText: 0, spatial: 0 });
await measureRows();
await rm(folder, { recursive: true });
await benchmark.finish();
