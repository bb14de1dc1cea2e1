/**
 * Trains what `round-latency.ts` measures: a compact model that answers in 64 tokens and more and revises what its feedback names, and a rectification module that
 * names what is wrong, whose vision side stays the answerer's. About ten minutes on two cores.
 *
 *     npm run bench:rounds-models -w fgam -- --out FOLDER [--scenes 1500] [--steps 400]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PixelCache, writeScenes } from '@fgam/data';
import { type FgamModel, saveModel, visionGrid } from '@fgam/models';
import { formatCriticPrompt, formatFeedback, formatPrompt } from '@fgam/rectifier';
import { createModelStep, type LossWeights, type Step, type TrainingSource } from '@fgam/trainer';
import { COMPACT_OPTIMIZER } from '../src/recipes/optimizer.js';
import { runTraining } from '../src/run-training.js';
import { readSceneData } from '../src/scene-data.js';
import { openModel } from '../src/train/open-model.js';
import { longAnswer, wrongAnswer } from './long-answers.js';

const { values: given } = parseArgs({
  options: {
    out: { type: 'string' },
    scenes: { type: 'string', default: '1500' },
    steps: { type: 'string', default: '400' },
  },
});
if (given.out === undefined) throw new Error('expected --out FOLDER');
const out = given.out;

/** Tokens of a row: an answer, a revision with all that it reads, feedback with the response. */
const LENGTHS = { answer: 128, revision: 224, feedback: 160 };
/** Share of drafts that are right, and accepted. */
const RIGHT = 0.25;
const ANSWERS: LossWeights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };

const folder = join(out, 'scenes');
await writeScenes({
  out: folder,
  count: Number(given.scenes),
  seed: 21,
  split: 'train',
  minObjects: 6,
  maxObjects: 6,
});
const data = await readSceneData(folder);
const examples = data.questions.flatMap((caption, i) => {
  const sample = data.sampleOf.get(caption.sample);
  if (caption.kind !== 'caption' || sample === undefined) return [];
  const { question, answer } = longAnswer(caption, sample);
  const wrong = wrongAnswer(answer, caption.id);
  const draft =
    i % 100 < 100 * RIGHT ? { response: answer, feedback: { verdict: 'accept' } as const } : wrong;
  return [{ sample, question, answer, ...draft }];
});
const sources = {
  answers: {
    name: 'answers',
    length: LENGTHS.answer,
    examples: examples.map(({ sample, question, answer }) => ({
      image: sample.image,
      sample,
      segments: [{ prompt: formatPrompt(question), answer }],
    })),
  },
  revisions: {
    name: 'revisions',
    length: LENGTHS.revision,
    turns: 3,
    examples: examples.map(({ sample, question, answer, response, feedback }) => ({
      image: sample.image,
      segments: [
        {
          prompt: formatPrompt(question, { response, feedback: formatFeedback(feedback, { response }) }),
          answer,
        },
      ],
    })),
  },
  feedback: {
    name: 'feedback',
    length: LENGTHS.feedback,
    examples: examples.map(({ sample, question, response, feedback }) => ({
      image: sample.image,
      segments: [
        { prompt: formatCriticPrompt(question, response), answer: formatFeedback(feedback, { response }) },
      ],
    })),
  },
} satisfies Record<string, TrainingSource>;

const base = await openModel();
const pixels = new PixelCache({ size: visionGrid(base.config).imageSize });

async function trained(
  name: string,
  model: FgamModel,
  plan: {
    readonly sources: readonly TrainingSource[];
    readonly weights: LossWeights;
    readonly share: number;
  },
  change: (step: Step) => Step = (step) => step,
): Promise<FgamModel> {
  const steps = Math.round(plan.share * Number(given.steps));
  const step = createModelStep({ name, model, ...plan, batchSize: 16, seed: 1, pixels });
  const { weights } = await runTraining({
    label: name,
    step: change(step),
    out: join(out, `training-${name}`),
    steps,
    schedule: { learningRate: 1e-3, warmup: Math.round(steps / 10) },
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: 100,
  });
  const done = { ...model, weights };
  await saveModel(join(out, name), done);
  return done;
}

const grounded = await trained('grounded', base, {
  sources: [sources.answers],
  weights: { tokens: 1, global: 0, regionText: 1, spatial: 0 },
  share: 0.15,
});
const answerer = await trained('answerer', grounded, {
  sources: [sources.answers, sources.revisions],
  weights: ANSWERS,
  share: 1,
});
// The module reads an image as the answerer does, so that one reading serves both.
await trained('module', answerer, { sources: [sources.feedback], weights: ANSWERS, share: 0.4 }, (step) => ({
  ...step,
  trainable: (weight) =>
    (step.trainable?.(weight) ?? true) && !/^(?:vision_tower|multi_modal_projector)\./.test(weight),
}));
