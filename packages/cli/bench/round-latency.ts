/**
 * What rounds of rectification cost beside the answer itself (the paper's Table 4): long captions of scenes,
 * one request at a time, with a trained module and with the grounded critic, each with and without what is
 * shared between rounds, one thing after another.
 *
 *     npm run bench:rounds -w fgam -- --trained FOLDER [--widen 1] [--module-widen 1] [--scenes 12] [--warm 6] [--forms plain,...] [--critics ...] [--threads N] [--seconds N] [--processor]
 *
 * FOLDER is that of `train-long-answers.ts`. `--widen 6` asks the same models made six times as wide
 * (`widen-model.ts`), whose steps are bound by reading weights. `--processor` counts the time of all
 * processors instead of the clock's: on a loaded machine less is left to chance, most of all with one thread.
 * The grounded critic asks the shipped grounding model, which is widened by its own `--grounding-widen`.
 */
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { roundLatency } from '@fgam/bench';
import { type Critic, type Feedback, writeScenes } from '@fgam/data';
import {
  countParameters,
  createAnswerer,
  createGenerator,
  createModelDetector,
  createRegionTextScorer,
  createVisionReader,
  type FgamModel,
} from '@fgam/models';
import { correctedResponse, createGroundedCritic, createModelCritic } from '@fgam/rectifier';
import { median, quantile } from 'simple-statistics';
import { processorNow } from '../../../tools/bench-packages/times.js';
import { imageOf } from '../src/answer-questions.js';
import { type TimedRounds, timeRounds } from '../src/bench-tasks/time-rounds.js';
import { readCalibration } from '../src/ports/calibration-file.js';
import { fittedPrompts } from '../src/ports/fitted-prompts.js';
import { logitScaleOf } from '../src/ports/logit-scale.js';
import { GROUNDED } from '../src/ports/open-critic.js';
import { readSceneData } from '../src/scene-data.js';
import { GROUNDING_MODEL } from '../src/train/model-names.js';
import { openModel, openNamedModel } from '../src/train/open-model.js';
import { poorAnswer } from './long-answers.js';
import { widenModel } from './widen-model.js';

const ROUNDS = 2;
/** Answers of fewer tokens are not counted. */
const LEAST = 64;
const MOST = 96;
/** Issues that the grounded critic names at a time. */
const NAMED = 2;

/** What a loop shares, in the order in which it is added. */
const FORMS = {
  plain: {},
  'prompts kept': { keeps: true },
  'drafts of revisions': { keeps: true, drafts: 'response' },
  'drafts with corrections': { keeps: true, drafts: 'corrected' },
  'drafts of feedback': { keeps: true, drafts: 'corrected', feedback: true },
  'images shared': { keeps: true, drafts: 'corrected', feedback: true, vision: true },
} as const satisfies Record<string, Form>;

interface Form {
  readonly keeps?: boolean;
  readonly drafts?: 'response' | 'corrected';
  readonly feedback?: boolean;
  readonly vision?: boolean;
}

const { values: given } = parseArgs({
  options: {
    trained: { type: 'string' },
    widen: { type: 'string', default: '1' },
    'module-widen': { type: 'string' },
    'grounding-widen': { type: 'string', default: '1' },
    threads: { type: 'string' },
    scenes: { type: 'string', default: '12' },
    // Scenes that captures are made on before any is timed.
    warm: { type: 'string', default: '6' },
    forms: { type: 'string', default: Object.keys(FORMS).join() },
    critics: { type: 'string', default: 'trained module,grounded critic' },
    processor: { type: 'boolean', default: false },
    seconds: { type: 'string', default: 'Infinity' },
  },
});
if (given.trained === undefined) throw new Error('expected --trained FOLDER of train-long-answers.ts');
const { trained } = given;

/** Feedback on a response as if it had one wrong word. */
function anotherWord(response: string, key: string): Feedback {
  const { issues } = poorAnswer(response, key, 1);
  return {
    verdict: 'revise',
    issues: issues.map(({ kind, claim, correction }) => ({
      kind,
      claim: correction ?? '',
      correction: claim,
    })),
    text: 'reasoning : wrong',
  };
}

/** Words of one text that stand elsewhere in another, or not at all. */
function wordsApart(text: string, other: string): number {
  const [a, b] = [text.split(' '), other.split(' ')];
  return a.filter((word, at) => word !== b[at]).length + Math.max(0, b.length - a.length);
}

/** Median and quartiles. */
function spread(values: readonly number[]): string {
  const sample = [...values];
  const [middle, low, high] = [0.5, 0.25, 0.75].map((part) => quantile(sample, part).toFixed(2));
  return `${middle} (${low} to ${high})`;
}

/** Medians over requests of what rounds cost, the base answer being 1. */
function summary(
  name: string,
  asked: readonly TimedRounds[],
  plain: readonly TimedRounds[] | undefined,
): void {
  const latency = roundLatency({ name, timings: asked.map(({ timing }) => timing) });
  const [one, two] = latency.rounds.map(
    ({ ratio: { median: middle, quartiles } }) =>
      `${middle.toFixed(2)} (${quartiles.map((each) => each.toFixed(2)).join(' to ')})`,
  );
  const shares = (part: 'critic' | 'revision') =>
    [0, 1].map((round) =>
      spread(asked.map(({ timing }) => (timing.rounds[round]?.[part] ?? 0) / timing.answer)),
    );
  const revisions = asked.flatMap(({ texts, feedback }) =>
    feedback.map((said, i) => ({ before: texts[i] ?? '', said, after: texts[i + 1] ?? '' })),
  );
  // A corrected response may be longer than what may be said; a word is a token.
  const apart = revisions.map(({ before, said, after }) => {
    const corrected = correctedResponse({ response: before, feedback: said }).split(' ');
    return wordsApart(after, corrected.slice(0, MOST).join(' '));
  });
  const row = {
    name,
    requests: latency.questions,
    tokens: median(asked.map(({ tokens }) => tokens)),
    baseMs: latency.answer.median.toFixed(1),
    one,
    two,
    critic: shares('critic'),
    revision: shares('revision'),
    feedbackWords: median(revisions.map(({ said }) => said.split(' ').length)),
    wordsChanged: median(revisions.map(({ before, after }) => wordsApart(after, before))),
    asCorrected: `${apart.filter((words) => words === 0).length} of ${apart.length}`,
    madeFeedback: asked.reduce((sum, { accepted }) => sum + accepted, 0),
    same: plain && asked.filter(({ texts }, i) => String(texts) === String(plain[i]?.texts)).length,
    load: loadavg()[0]?.toFixed(1),
  };
  console.log(JSON.stringify(row));
}

/** An answerer and both critics that share what a form says. */
function openLoop(answering: FgamModel, module: FgamModel, form: Form) {
  const { keeps = false, drafts, feedback = false } = form;
  const images = { ...execution, ...(keeps ? {} : { imageCacheBytes: 0 }) };
  const options = { ...images, ...(keeps ? {} : { promptCacheBytes: 0 }), maxBatch: 1 };
  const vision = form.vision === true ? createVisionReader(answering, execution) : undefined;
  const seeing = vision === undefined ? {} : { vision };
  const isShared = vision?.isOf(module) === true;
  const generator = createGenerator(answering, { ...options, ...seeing });
  const own = createGenerator(module, { ...options, ...(isShared ? seeing : {}) });
  const eye = createVisionReader(grounding, images);
  const scorer = createRegionTextScorer(grounding, { ...execution, vision: eye });
  const detector = createModelDetector(grounding, { ...images, vision: eye });
  const answererPrompts = fittedPrompts(answering);
  const answerer = createAnswerer(generator, {
    formatPrompt: answererPrompts.formatPrompt,
    draftRevisions: drafts === 'corrected' ? correctedResponse : drafts === 'response',
  });
  const logitScale = logitScaleOf(grounding);
  const grounded = () =>
    createGroundedCritic({ scorer, detector, logitScale, thresholds, mostIssues: NAMED });
  const kept = grounded();
  return {
    answerer,
    isShared,
    critics: {
      'trained module': createModelCritic({
        generator: own,
        formatPrompt: fittedPrompts(module).formatCriticPrompt,
        drafts: feedback,
      }),
      // One without a past reads the image again.
      'grounded critic': keeps ? kept : { ...kept, critique: (...call) => grounded().critique(...call) },
    } satisfies Record<string, Critic>,
    dispose: () =>
      Promise.all([generator, own, scorer, detector, eye, vision].map((each) => each?.dispose())),
  };
}

const execution = given.threads === undefined ? {} : { threads: Number(given.threads) };
const shipped = await openNamedModel(GROUNDING_MODEL);
const { existence } = (await readCalibration(shipped.folder, GROUNDED)) ?? {};
const thresholds = existence === undefined ? {} : { existence };
const factor = Number(given.widen);
const moduleFactor = Number(given['module-widen'] ?? given.widen);
const widened = (model: FgamModel, by: number) => (by === 1 ? model : widenModel(model, by));
const grounding = widened(shipped.model, Number(given['grounding-widen']));
const answering = widened(await openModel(join(trained, 'answerer')), factor);
const module = widened(await openModel(join(trained, 'module')), moduleFactor);
console.log(
  ['answerer', 'module', 'grounding']
    .map((name, i) => `${name} ${countParameters(([answering, module, grounding][i] as FgamModel).weights)}`)
    .join(', '),
);
const scenes = await mkdtemp(join(tmpdir(), 'fgam-rounds-'));
const warm = Number(given.warm);
const count = warm + Number(given.scenes);
await writeScenes({ out: scenes, count, seed: 5, split: 'test', minObjects: 6, maxObjects: 6 });
const data = await readSceneData(scenes);
const captions = data.questions.filter(({ kind }) => kind === 'caption');
const named = given.forms.split(',') as (keyof typeof FORMS)[];
const critics = given.critics.split(',') as ('trained module' | 'grounded critic')[];
const loops = named.flatMap((name) =>
  critics.map((critic) => {
    const loop = openLoop(answering, module, FORMS[name]);
    return { name, critic, loop, asked: [] as TimedRounds[] };
  }),
);
// Each scene is asked about once a form: a second time all of it would be known. Forms take turns to go first.
const begun = performance.now();
for (const [i, question] of captions.entries()) {
  if (performance.now() - begun > 1000 * Number(given.seconds)) break;
  const image = imageOf(data, question);
  for (const { loop, critic, asked } of [
    ...loops.slice(i % loops.length),
    ...loops.slice(0, i % loops.length),
  ]) {
    const each = await timeRounds(
      { answerer: loop.answerer, critic: loop.critics[critic] },
      { image, question: question.question },
      {
        rounds: ROUNDS,
        maxTokens: MOST,
        refuse: (response, round) => anotherWord(response, `${image} ${round}`),
        ...(given.processor ? { clock: processorNow } : {}),
      },
    );
    if (i >= warm && each.tokens >= LEAST) asked.push(each);
  }
}
for (const { name, critic, asked, loop } of loops) {
  const plain = loops.find((other) => other.critic === critic)?.asked;
  summary(`${critic}, ${name}${loop.isShared ? ' (one tower)' : ''}`, asked, plain);
  await loop.dispose();
}
