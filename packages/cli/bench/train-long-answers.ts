/**
 * Trains what `round-latency.ts` measures: a compact model that answers in 64 tokens and more and revises
 * what its feedback names, and a rectification module that names what is wrong, whose vision side stays the
 * answerer's. Half an hour of one core.
 *
 *     npm run bench:rounds-models -w fgam -- --out FOLDER [--scenes 1200] [--copying 700] [--long 4000] [--steps 2400]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom, type Feedback, type Issue, PixelCache, writeScenes } from '@fgam/data';
import { type FgamModel, loadModel, saveModel, visionGrid } from '@fgam/models';
import {
  correctedResponse,
  createGroundedCritic,
  formatCriticPrompt,
  formatFeedback,
  formatPrompt,
} from '@fgam/rectifier';
import { createModelStep, type LossWeights, type TrainingSource } from '@fgam/trainer';
import { openGrounding } from '../src/ports/open-grounding.js';
import { COMPACT_OPTIMIZER } from '../src/recipes/optimizer.js';
import { captionClauses } from '../src/recipes/caption-clauses.js';
import { runTraining } from '../src/run-training.js';
import { readSceneData } from '../src/scene-data.js';
import { GROUNDING_MODEL } from '../src/train/model-names.js';
import { openModel } from '../src/train/open-model.js';
import { type LongAnswer, longAnswer, mixedAnswer, poorAnswer, sortClauses } from './long-answers.js';

const { values: given } = parseArgs({
  options: {
    out: { type: 'string' },
    scenes: { type: 'string', default: '1200' },
    copying: { type: 'string', default: '700' },
    long: { type: 'string', default: '4000' },
    steps: { type: 'string', default: '2400' },
  },
});
if (given.out === undefined) throw new Error('expected --out FOLDER');
const out = given.out;

/** Tokens of a row: a short revision with all that it reads, an answer, a long revision, feedback with the response. */
const LENGTHS = { short: 96, answer: 128, revision: 224, feedback: 160 };
/** Clauses of a short answer, and short answers of a scene. */
const SHORT = { most: 3, each: 5 };
/**
 * Long answers of mixed clauses, for each scene: few are met twice, so that words are learned to be copied,
 * not captions to be known.
 */
const MIXED = { least: 5, most: 9, each: 20 };
/** Issues at most that are named at a time, of as many as there are. */
const NAMED = 2;
/** Updates of the module, to one of the answerer's. */
const MODULE_SHARE = 0.1;
/** Wrong answers of a scene that the grounded critic is asked about. */
const GROUNDED = 3;
const VISION = /^(?:vision_tower|multi_modal_projector)\./;
const TOKENS: LossWeights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };

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
const captions = data.questions.flatMap((caption) => {
  const sample = data.sampleOf.get(caption.sample);
  if (caption.kind !== 'caption' || sample === undefined) return [];
  return [{ key: caption.id, image: sample.image, ...longAnswer(caption, sample) }];
});
const examples = captions.map(criticised);
const shortExamples = captions.flatMap(({ answer, key, ...rest }) => {
  const random = createRandom(`${key} short`);
  return Array.from({ length: SHORT.each }, (_, i) => {
    const clauses = random.shuffle(captionClauses(answer)).slice(0, random.int(1, SHORT.most));
    return criticised({ ...rest, key: `${key} ${i}`, answer: `${clauses.join(' , ')} .` });
  });
});
type Example = ReturnType<typeof criticised>;
const clauses = sortClauses(captions.flatMap(({ answer }) => captionClauses(answer)));
const mixedExamples = captions.flatMap(({ key, image, question }) =>
  Array.from({ length: MIXED.each }, (_, i): Example => {
    const length = createRandom(`${key} length ${i}`).int(MIXED.least, MIXED.most);
    const { response, issues } = mixedAnswer(clauses, length, `${key} mixed ${i}`);
    return { image, question, answer: response, response, feedback: inWords(issues, response) };
  }),
);

/** A right answer with a poor one, and what a module says of that. */
function criticised({ key, ...rest }: LongAnswer & { readonly key: string; readonly image: string }) {
  const { response, issues } = poorAnswer(rest.answer, key);
  return { ...rest, response, feedback: inWords(issues, response) };
}

/** The first of some issues in words. */
function inWords(issues: readonly Issue[], response: string): string {
  const named = issues.slice(0, NAMED);
  const feedback: Feedback =
    named.length === 0 ? { verdict: 'accept' } : { verdict: 'revise', issues: named, text: '' };
  return formatFeedback(feedback, { response });
}

/** The same with what the grounded critic says. */
async function groundedExamples(): Promise<readonly Example[]> {
  const asked = Array.from({ length: GROUNDED }, (_, i) =>
    captions.map((caption) => criticised({ ...caption, key: `${caption.key} grounded ${i}` })),
  ).flat();
  const { grounding, dispose } = openGrounding(await openModel(GROUNDING_MODEL));
  const critic = createGroundedCritic({ ...grounding, mostIssues: NAMED });
  const said = await critic.critique(asked);
  await dispose();
  return asked.map((example, i) => {
    const { response } = example;
    return { ...example, feedback: formatFeedback(said[i] ?? { verdict: 'accept' }, { response }) };
  });
}

/** A revision says what feedback names in its place, and all else as it was. */
function revisionsOf(name: string, from: readonly Example[]): TrainingSource {
  return {
    name,
    length: LENGTHS.revision,
    examples: from.map(({ image, question, response, feedback }) => ({
      image,
      segments: [
        {
          prompt: formatPrompt(question, { response, feedback }),
          answer: correctedResponse({ response, feedback }),
        },
      ],
    })),
  };
}

const answers: TrainingSource = {
  name: 'answers',
  length: LENGTHS.answer,
  examples: examples.map(({ image, question, answer }) => ({
    image,
    segments: [{ prompt: formatPrompt(question), answer }],
  })),
};
const feedback: TrainingSource = {
  name: 'feedback',
  length: LENGTHS.feedback,
  examples: examples.map(({ image, question, response, feedback: said }) => ({
    image,
    segments: [{ prompt: formatCriticPrompt(question, response), answer: said }],
  })),
};

const base = await openModel();
const pixels = new PixelCache({ size: visionGrid(base.config).imageSize });

/** Trains a model, unless that was done in this folder. */
async function trained(
  name: string,
  model: FgamModel,
  sources: readonly TrainingSource[],
  steps: number,
  { readsImages = true, learningRate = 1e-3 } = {},
): Promise<FgamModel> {
  const folder = join(out, name);
  if (existsSync(folder)) return loadModel(folder);
  const step = createModelStep({
    ...{ name, model, sources, weights: TOKENS, batchSize: 16, seed: 1, pixels, readsImages },
  });
  const { weights } = await runTraining({
    label: name,
    // All of them see as the base does, so that one reading of an image serves them all.
    step: { ...step, trainable: (weight) => (step.trainable?.(weight) ?? true) && !VISION.test(weight) },
    out: join(out, `training-${name}`),
    steps,
    schedule: { learningRate, warmup: Math.round(steps / 10) },
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: 100,
  });
  await saveModel(folder, { ...model, weights });
  // What a run that goes on would read.
  return loadModel(folder);
}

// To say again what was said is learned from texts alone, and from short ones first: a long one teaches
// little more and costs several times as much.
const COPYING = { readsImages: false, learningRate: 2e-3 };
const short = [{ ...revisionsOf('short revisions', shortExamples), length: LENGTHS.short }];
const copying = await trained('copying', base, short, Number(given.copying), COPYING);
const mixed = revisionsOf('mixed revisions', mixedExamples);
const long = await trained('long-copying', copying, [mixed], Number(given.long), COPYING);
// What copies texts alone does not copy below an image at once.
const answerer = await trained(
  'answerer',
  long,
  [
    { ...answers, turns: 3 },
    { ...mixed, turns: 2 },
    { ...revisionsOf('grounded revisions', await groundedExamples()), turns: 3 },
  ],
  Number(given.steps),
);
await trained('module', answerer, [feedback], Math.round(MODULE_SHARE * Number(given.steps)));
