import {
  createRandom,
  describeObject,
  objectBox,
  objectName,
  type Question,
  type Random,
  type RegionSample,
  renderScene,
  sampleScene,
  type Scene,
  sceneCaption,
  sceneQuestions,
  type Trajectory,
} from '@fgam/data';
import { correctionAccounting } from '../accounting.js';
import { sceneErrors } from '../taxonomy/scene-errors.js';
import { errorTaxonomy } from '../taxonomy/error-taxonomy.js';
import { roundLatency } from '../round-latency.js';
import { pairedDifference } from '../bootstrap.js';
import { isRight } from '../scenes/is-right.js';
import { scoreScenes, type SceneScores } from '../scenes/score-scenes.js';
import type { PaperLoop } from './paper/loop-schema.js';
import type { PaperRole } from './paper/paper-roles.js';
import type { PaperValue } from './paper/paper-value.js';
import { reportExample } from './report-example.js';
import { reportMetrics } from './report-metrics.js';
import type { Report, ReportVariant } from './schema.js';

type Kind = Question['kind'];
const LOCATION_NOWHERE = '<loc_0> <loc_0> <loc_1> <loc_1>';

interface Truth {
  readonly scenes: readonly Scene[];
  readonly samples: readonly RegionSample[];
  readonly questions: readonly Question[];
}

/** Scenes with their questions; nothing is written. */
export function sampleTruth(count: number): Truth {
  const scenes = Array.from({ length: count }, (_, index) => sampleScene(createRandom(`report/${index}`)));
  return {
    scenes,
    samples: scenes.map((scene, index) => ({
      id: String(index),
      image: `${index}.png`,
      width: scene.imageSize,
      height: scene.imageSize,
      caption: sceneCaption(scene),
      regions: scene.objects.map((object, place) => ({
        id: `${index}/${place}`,
        box: objectBox(scene, object),
        label: objectName(object),
        description: describeObject(scene, object),
        source: 'scenes',
      })),
    })),
    questions: scenes.flatMap((scene, index) =>
      sceneQuestions(scene, createRandom(`report/${index}/questions`), { sample: String(index) }),
    ),
  };
}

/** A report of made-up answers to real questions, scored and accounted by this package's own functions. */
export async function sampleReport({ images = 24, steps = 60 } = {}): Promise<Report> {
  const truth = sampleTruth(images);
  const runs = [
    runVariant(truth, 'baseline', 'image-text loss alone', 0.55),
    runVariant(truth, 'rtcl', 'region-text contrastive loss', 0.7),
    runVariant(truth, 'full', 'RTCL and spatial consistency', 0.8),
  ];
  const [baseline] = runs;
  const full = runs.at(-1);
  if (!baseline || !full) throw new Error('no runs');
  return {
    title: 'FGAM on scenes: variants with and without the loop',
    generatedAt: '2026-01-01T12:00:00Z',
    provenance: { seed: 7, images, questions: truth.questions.length, 'made-up answers': true },
    variants: runs.map(({ variant }) => variant),
    curves: runs.map(({ variant }) => ({ name: variant.name, points: curve(variant.name, steps) })),
    comparisons: [
      compare(runs[1] ?? full, baseline, 'spatial.accuracy', 'spatial'),
      compare(full, baseline, 'existence.accuracy', 'existence'),
      compare(full, runs[1] ?? baseline, 'reasoning.accuracy', 'reasoning'),
    ],
    examples: await chooseExamples(truth, full),
    paper: paperData(truth, baseline, full),
  };
}

/** Two families with all rows of the paper's tables; what is made up is made up as the answers are. */
function paperData(truth: Truth, base: Run, full: Run): NonNullable<Report['paper']> {
  const row = (family: string, variant: string, roles: readonly PaperRole[], skill: number, rounds = 0) => {
    const { scores } = runVariant(truth, `${family} ${variant}`, '', skill);
    return { family, variant, roles, rounds, metrics: reportMetrics(scores.scores) };
  };
  const errorsOf = ({ variant, trajectories }: Run, answerOf: (trajectory: Trajectory) => string) => ({
    name: variant.name,
    claims: sceneErrors({
      ...truth,
      predictions: trajectories.map((each) => ({ id: each.id, answer: answerOf(each) })),
      allowMissing: true,
    }),
  });
  const mean = (value: number) => ({ mean: value, interval: [value * 0.9, value * 1.1] as const });
  const system = (name: string, role: 'base' | 'full', value: number, hallucinationRate: number) => ({
    ...{ name, role, localisation: mean(value), coherence: mean(value), overall: mean(value) },
    hallucinationRate: mean(hallucinationRate),
  });
  const random = createRandom('latency');
  const took = (milliseconds: number) => milliseconds * (0.8 + 0.4 * random.float());
  return {
    rows: ['LLaVA', 'MiniGPT-4'].flatMap((family) => [
      row(family, 'base', ['base'], 0.5),
      row(family, '+ HACL', ['hacl'], 0.55),
      row(family, 'base + stage 2', ['without-stage-1'], 0.6, 2),
      row(family, 'base + stage 1', ['without-stage-2'], 0.65),
      row(family, 'stage 2 + RTCL', ['rtcl'], 0.7, 2),
      row(family, 'stage 2 + SCC', ['scc'], 0.7, 2),
      row(family, 'stage 1 + PPO', ['ppo'], 0.7, 2),
      row(family, 'full FGAM', ['full', 'sft'], 0.8, 2),
      row(family, 'hybrid', ['hybrid'], 0.85, 2),
    ]),
    errors: [
      errorTaxonomy({
        source: 'scenes',
        base: errorsOf(base, ({ attempts }) => attempts[0]?.response ?? ''),
        full: errorsOf(full, ({ final }) => final),
        resamples: 200,
      }),
    ],
    latency: [
      roundLatency({
        name: 'made-up times',
        timings: Array.from({ length: 20 }, () => {
          const round = { critic: took(80), revision: took(120) };
          return { answer: took(150), rounds: [round, round] };
        }),
        parameters: { model: 3_300_000, critic: 1_200_000 },
        load: 1.5,
      }),
    ],
    human: {
      ...{ items: 20, raters: 3 },
      systems: [system('base', 'base', 3.1, 0.2), system('full', 'full', 3.9, 0.1)],
      agreement: { localisation: 0.61, coherence: 0.55, overall: 0.7, factualError: null },
    },
    loops: ['module', 'oracle'].flatMap((critic) => [
      sampleLoop('base', ['base'], critic, 0),
      sampleLoop('full FGAM', ['full', 'sft'], critic, 30),
    ]),
    critics: [false, true].map((isCalibrated) => ({
      ...{ ...SEEDED, variant: 'full FGAM', critic: 'module', isBound: false, isCalibrated },
      types: [
        { type: 'caption object', recall: overSeeds(0, 0), wrong: 40, refused: 0, both: 0 },
        {
          ...{ type: 'any', precision: overSeeds(0.5, 0.7), recall: overSeeds(0.2, 0.4) },
          ...{ wrong: 90, refused: 50, both: 30 },
        },
      ],
    })),
  };
}

const SEEDED = { family: 'compact LLaVA', scale: 'tables', seeds: [1, 2] };

/**
 * Two seeds' values: half of the interval is 12.706 / 2 of their distance, by Student's t
 * with one degree of freedom.
 */
function overSeeds(...seeds: readonly [number, number]): PaperValue {
  const [first, second] = seeds;
  return { value: (first + second) / 2, half: (12.706 * Math.abs(first - second)) / 2, seeds };
}

/** A made-up loop of two rounds, each of which lessens errors by so many percent. */
export function sampleLoop(
  variant: string,
  roles: readonly PaperRole[],
  critic: string,
  percent: number,
): PaperLoop {
  return {
    ...{ ...SEEDED, variant, roles, critic, isBound: critic === 'oracle' },
    rounds: [0, 1, 2].map((round) => ({
      round,
      metrics: {
        'existence.accuracy': overSeeds(0.7 + (round * percent) / 1000, 0.72 + (round * percent) / 1000),
        'error.object': overSeeds(0.3, 0.28),
        'reduction.object': overSeeds(round * percent, round * percent + 4),
        'fixed.all': overSeeds(round * 5, round * 6),
        'broken.all': overSeeds(round, round),
        seconds: overSeeds(0.001 * (1 + round), 0.002 * (1 + round)),
        latency: overSeeds(1 + round, 1 + round),
      },
    })),
  };
}

interface Run {
  readonly variant: ReportVariant;
  readonly scores: SceneScores;
  readonly trajectories: readonly Trajectory[];
}

function runVariant(truth: Truth, name: string, description: string, skill: number): Run {
  const { questions, samples } = truth;
  const trajectories = questions.map((question) =>
    answerInRounds(question, truth, skill, createRandom(`${name}/${question.id}`)),
  );
  const score = (answerOf: (trajectory: Trajectory) => string): SceneScores =>
    scoreScenes({
      questions,
      samples,
      predictions: trajectories.map((trajectory) => ({ id: trajectory.id, answer: answerOf(trajectory) })),
      resamples: 200,
    });
  const scores = score(({ attempts }) => attempts[0]?.response ?? '');
  return {
    scores,
    trajectories,
    variant: {
      name,
      description,
      steps: 1200,
      metrics: reportMetrics(scores.scores),
      withLoop: reportMetrics(score(({ final }) => final).scores),
      accounting: correctionAccounting(trajectories, questions, isRight),
    },
  };
}

/** A model of this skill answers; a critic that errs now and then objects up to twice. */
function answerInRounds(question: Question, truth: Truth, skill: number, random: Random): Trajectory {
  const say = (chance: number): string =>
    random.chance(chance) ? question.answer : wrongAnswer(question, truth);
  const attempts: Trajectory['attempts'][number][] = [];
  for (let response = say(skill); ; response = say(skill - 0.1)) {
    const objects = attempts.length < 2 && random.chance(isRight(question, response) ? 0.06 : 0.7);
    if (!objects) {
      attempts.push({ response, feedback: { verdict: 'accept', confidence: 0.93 } });
      break;
    }
    const issue = { kind: 'object', claim: response, correction: `not ${response}` } as const;
    const text = `Look again: ${question.question}`;
    attempts.push({ response, feedback: { verdict: 'revise', issues: [issue], text, confidence: 0.81 } });
  }
  const final = attempts.at(-1)?.response ?? '';
  const { id, sample, question: text } = question;
  return { id, image: `${sample}.png`, question: text, attempts, final, stop: 'accepted' };
}

function wrongAnswer({ kind, answer, sample }: Question, { samples }: Truth): string {
  if (answer === 'yes') return 'no';
  if (answer === 'no') return 'yes';
  if (kind === 'grounding') return LOCATION_NOWHERE;
  if (kind === 'caption') return samples[(Number(sample) + 1) % samples.length]?.caption ?? 'a red circle .';
  return answer === 'red' ? 'blue' : 'red';
}

function compare(variant: Run, baseline: Run, metric: string, kind: Kind): Report['comparisons'][number] {
  const rightOf = (run: Run): number[] =>
    run.scores.items.filter((item) => item.kind === kind).map(({ right }) => (right ? 1 : 0));
  const groups = variant.scores.items.filter((item) => item.kind === kind).map(({ sample }) => sample);
  const found = pairedDifference({ a: rightOf(baseline), b: rightOf(variant), groups });
  return {
    baseline: baseline.variant.name,
    variant: variant.variant.name,
    metric,
    n: groups.length,
    ...found,
  };
}

function curve(name: string, steps: number): Report['curves'][number]['points'] {
  const random = createRandom(`curve/${name}`);
  return Array.from({ length: steps }, (_, index) => {
    const regionText = 3 * Math.exp(-index / 15) + 0.4 + 0.1 * random.float();
    const spatial = 1.9 * Math.exp(-index / 25) + 0.2 + 0.05 * random.float();
    return { step: index * 20, loss: regionText + 0.1 * spatial, parts: { regionText, spatial } };
  });
}

/** One broken, one fixed and one right example of several kinds, with the image in it. */
async function chooseExamples(truth: Truth, { trajectories, variant }: Run): Promise<Report['examples']> {
  const { questions, samples, scenes } = truth;
  const found = questions.map((question, index) => {
    const trajectory = trajectories[index];
    const number = Number(question.sample);
    const [sample, scene] = [samples[number], scenes[number]];
    if (!trajectory || !sample || !scene) throw new Error('no trajectory');
    return { scene, example: reportExample(question, trajectory, sample) };
  });
  const first = (wasRight: boolean, isRightNow: boolean): typeof found =>
    found
      .filter(({ example: { right } }) => right?.attempts[0] === wasRight && right.final === isRightNow)
      .slice(0, 2);
  const chosen = [...first(true, true), ...first(false, true), ...first(true, false), ...first(false, false)];
  return Promise.all(
    chosen.map(async ({ scene, example }) => {
      const png = Buffer.from(await renderScene(scene)).toString('base64');
      return { ...example, variant: variant.name, image: `data:image/png;base64,${png}` };
    }),
  );
}

/** The least that a report is. */
export const emptyReport: Report = {
  title: 'Empty',
  generatedAt: '2026-01-01',
  provenance: {},
  variants: [],
  curves: [],
  comparisons: [],
  examples: [],
};
