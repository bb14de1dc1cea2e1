import { join } from 'node:path';
import { type CriticJudgement, criticScores, type Prediction } from '@fgam/bench';
import type { Feedback } from '@fgam/data';
import { feedbackFor } from '@fgam/rectifier';
import { imageOf } from '../answer-questions.js';
import { once } from '../once.js';
import {
  type CriticKind,
  groundedCritic,
  imageCritic,
  moduleCritic,
  oracleCritic,
  seesTruth,
  shuffledOracle,
  textCritic,
  type VariantCritic,
} from '../quickstart/critics.js';
import { firstAnswers, type LoopResult, runLoop } from '../quickstart/evaluate.js';
import { folderName } from '../quickstart/folder-name.js';
import type { QuickstartScenes } from '../quickstart/scenes.js';
import type { TrainedVariant } from '../quickstart/train-variants.js';
import { withProgress } from '../progress.js';
import type { SceneData } from '../scene-data.js';
import { weightsSha256 } from '../weights-sha256.js';
import { refusedTypes } from './error-types.js';
import type { SeedJudgement } from './collect-results.js';
import type { PaperScale } from './paper-scale.js';
import { answerMetrics, type Metrics, roundMetrics } from './round-metrics.js';

/** A row's loop with one critic. */
export interface EvaluatedLoop {
  readonly trained: TrainedVariant;
  readonly criticKind: CriticKind;
  readonly loop: LoopResult;
  /** After 0, 1, ... K rounds. */
  readonly rounds: readonly Metrics[];
  /** On the first answers: as the critic comes, and with its thresholds. Empty for critics that see the truth. */
  readonly judgements: readonly SeedJudgement[];
}

/** What {@link evaluateRow} takes. */
export interface EvaluateRowOptions {
  readonly trained: TrainedVariant;
  readonly critics: readonly CriticKind[];
  /** K. */
  readonly rounds: number;
  readonly scenes: QuickstartScenes;
  readonly scale: PaperScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/**
 * A row on the test scenes, by each of its critics, and the metrics of its first answers on the validation
 * scenes, by which settings may be chosen.
 */
export async function evaluateRow(
  options: EvaluateRowOptions,
): Promise<{ readonly validation: Metrics; readonly loops: readonly EvaluatedLoop[] }> {
  const { trained, scenes, scale, seed, rounds, signal } = options;
  const { variant, model, checkpoint } = trained;
  const { name } = variant;
  const { test: data, validation } = scenes;
  const out = join(options.out, 'evaluation');
  const common = { name, model, checkpoint, data, dependsOn: { scenes: scale.scenes, seed }, out, signal };
  const first = await firstAnswers(common);
  const { predictions: ofValidation } = await firstAnswers({
    ...common,
    name: `${name}, validation`,
    data: validation,
  });
  const loops: EvaluatedLoop[] = [];
  for (const { criticKind, ...critic } of await criticsOf(options)) {
    const isBound = seesTruth(criticKind);
    const calibration = isBound ? {} : { calibration: { validation, first: ofValidation } };
    const loop = await runLoop({ ...common, ...critic, ...calibration, rounds, first: first.predictions });
    const asItComes = isBound ? [] : await judge({ ...critic, ...options, out }, first.predictions);
    const calibrated = loop.trajectories.map(({ attempts }) => attempts[0]?.feedback);
    loops.push({
      trained,
      criticKind,
      loop,
      rounds: roundMetrics({ loop, data, rounds, answerSeconds: first.seconds }),
      judgements: isBound
        ? []
        : [asItComes, calibrated].map((feedbacks, place) => ({
            isCalibrated: place === 1,
            scores: criticScores(judgementsOf(data, first.predictions, feedbacks), {
              resamples: scale.resamples,
            }),
          })),
    });
  }
  return { validation: answerMetrics(validation, ofValidation), loops };
}

/** The critics of a row. */
async function criticsOf({
  trained,
  critics,
  scenes,
  seed,
  signal,
}: EvaluateRowOptions): Promise<VariantCritic[]> {
  const open: Readonly<Record<CriticKind, () => Promise<VariantCritic> | VariantCritic>> = {
    module: () => moduleCritic(trained),
    image: () => imageCritic(),
    text: () => textCritic(),
    grounded: () => groundedCritic(scenes, signal),
    oracle: () => oracleCritic(scenes.test),
    shuffled: () => shuffledOracle(scenes.test, seed),
  };
  return Promise.all(critics.map(async (kind) => open[kind]()));
}

/** Answers that a critic judges in one call. */
const CALL = 256;
/** Raised when the same critic would say something else. */
const VERSION = 3;

/** What a critic says of first answers, without thresholds. */
async function judge(
  {
    trained,
    criticName,
    criticHash,
    openCritic,
    scenes,
    scale,
    seed,
    out,
    signal,
  }: EvaluateRowOptions & Pick<VariantCritic, 'criticName' | 'criticHash' | 'openCritic'>,
  first: readonly Prediction[],
): Promise<readonly Feedback[]> {
  const { test: data } = scenes;
  const weights = await weightsSha256(trained.checkpoint);
  const name = `${trained.variant.name} ${criticName}`;
  const dependsOn = { weights, criticHash, criticName, scenes: scale.scenes, seed, version: VERSION };
  return once(join(out, 'judgements'), folderName(name), dependsOn, () =>
    withProgress(`judgements: ${name}`, first.length, async (onProgress) => {
      const { critic, ...opened } = await openCritic();
      try {
        const questionOf = new Map(data.questions.map((question) => [question.id, question]));
        const requests = first.map(({ id, answer }) => {
          const question = questionOf.get(id);
          if (question === undefined) throw new Error(`judge: expected an answer to a question, got ${id}`);
          return { image: imageOf(data, question), question: question.question, response: answer };
        });
        const feedbacks: Feedback[] = [];
        for (let start = 0; start < requests.length; start += CALL) {
          feedbacks.push(...(await critic.critique(requests.slice(start, start + CALL), { signal })));
          onProgress(feedbacks.length);
        }
        return feedbacks;
      } finally {
        await opened.dispose();
      }
    }),
  );
}

/** A critic's feedback on answers, against what is really wrong with them. */
function judgementsOf(
  data: SceneData,
  answers: readonly Prediction[],
  feedbacks: readonly (Feedback | undefined)[],
): CriticJudgement[] {
  const questionOf = new Map(data.questions.map((question) => [question.id, question]));
  return answers.flatMap(({ id, answer }, row): CriticJudgement[] => {
    const question = questionOf.get(id);
    const said = feedbacks[row];
    if (question === undefined || said === undefined) return [];
    const sample = data.sampleOf.get(question.sample);
    const truth = feedbackFor(question, answer, sample === undefined ? {} : { sample });
    return [
      { group: question.sample, wrong: refusedTypes(question, truth), found: refusedTypes(question, said) },
    ];
  });
}
