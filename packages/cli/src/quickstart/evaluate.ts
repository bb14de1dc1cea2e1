import { join } from 'node:path';
import { type Prediction, type SceneScores, scoreScenes } from '@fgam/bench';
import type { Trajectory } from '@fgam/data';
import { answerQuestions } from '../answer-questions.js';
import { once } from '../once.js';
import { calibrateCritic } from '../ports/calibrate-critic.js';
import type { Calibration } from '../ports/calibration-file.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { OpenCritic } from '../ports/open-critic.js';
import { withProgress } from '../progress.js';
import { rectifyQuestions } from '../rectify-questions.js';
import type { SceneData } from '../scene-data.js';
import { weightsSha256 } from '../weights-sha256.js';
import { folderName } from './folder-name.js';
import { createLoopClock, type RoundSeconds } from './loop-clock.js';
import type { TrainedModel } from './train-variants.js';

/** The loop's K, unless another is given. */
const ROUNDS = 2;

/** Raised when the same models would give other answers or trajectories: prompts, decoding, critics, calibration. */
const VERSION = 8;

/** What evaluation needs. */
export interface EvaluateOptions extends TrainedModel {
  readonly name: string;
  readonly data: SceneData;
  /** All else that decides the result. */
  readonly dependsOn: unknown;
  readonly out: string;
  readonly signal: AbortSignal;
}

/** First answers, and how long all of them took as they came, many at a time. */
export interface FirstAnswers {
  readonly predictions: readonly Prediction[];
  readonly seconds: number;
}

/** A model's first answers to the questions of a split. */
export async function firstAnswers(options: EvaluateOptions): Promise<FirstAnswers> {
  const { name, model, checkpoint, data, dependsOn, out, signal } = options;
  const weights = await weightsSha256(checkpoint);
  return once(join(out, 'answers'), folderName(name), { weights, dependsOn, version: VERSION }, () =>
    withProgress(`answers: ${name}`, data.questions.length, async (onProgress) => {
      const answerer = openAnswerer(model);
      try {
        const begun = performance.now();
        const predictions = await answerQuestions(answerer, data, data.questions, { signal, onProgress });
        return { predictions, seconds: (performance.now() - begun) / 1000 };
      } finally {
        await answerer.dispose();
      }
    }),
  );
}

/** What the loop made of first answers. */
export interface LoopResult {
  readonly trajectories: readonly Trajectory[];
  /** What the critic's lines were drawn by. */
  readonly settings: Readonly<Record<string, number>>;
  readonly calibration: Calibration;
  /** What each round took, all questions together. */
  readonly seconds: readonly RoundSeconds[];
}

/** What a loop needs beside the model. */
export interface EvaluateLoopOptions extends EvaluateOptions {
  readonly first: readonly Prediction[];
  readonly criticName: string;
  /** What the critic depends on. */
  readonly criticHash: string;
  /** Opened only where the result is not kept already. */
  readonly openCritic: () => Promise<OpenCritic> | OpenCritic;
  /** K. Default 2. */
  readonly rounds?: number;
  /**
   * A validation split with the model's first answers, on which the critic is calibrated.
   * Default: taken as it comes.
   */
  readonly calibration?: { readonly validation: SceneData; readonly first: readonly Prediction[] };
}

/** Runs the rectification loop from a model's first answers. */
export async function runLoop(options: EvaluateLoopOptions): Promise<LoopResult> {
  const { name, criticName, criticHash, model, checkpoint, data, dependsOn, first, out, signal } = options;
  const { calibration, rounds = ROUNDS } = options;
  const weights = await weightsSha256(checkpoint);
  const isCalibrated = calibration !== undefined;
  return once(
    join(out, 'trajectories'),
    folderName(`${name} ${criticName}`),
    { weights, criticHash, criticName, isCalibrated, dependsOn, rounds, version: VERSION },
    async () => {
      const label = `${name}, ${criticName}`;
      const answerer = openAnswerer(model);
      const opened: OpenCritic[] = [];
      try {
        let critic = await options.openCritic();
        opened.push(critic);
        if (calibration !== undefined) {
          const count = calibration.validation.questions.length;
          critic = await withProgress(`calibration: ${label}`, count, (onProgress) =>
            calibrateCritic(critic, { answerer, ...calibration, rounds, signal, onProgress }),
          );
        }
        const { questions } = data;
        const clock = createLoopClock();
        const trajectories = await withProgress(`loop: ${label}`, questions.length, (onProgress) =>
          rectifyQuestions({
            ...{ answerer, critic: critic.critic, data, questions, first, rounds, signal },
            onProgress,
            onEvent: clock.onEvent,
          }),
        );
        const { settings } = critic;
        return { trajectories, settings, calibration: critic.calibration, seconds: clock.rounds() };
      } finally {
        await Promise.all([answerer, ...opened].map((each) => each.dispose()));
      }
    },
  );
}

/** Scores of answers. Those that can't be parsed count as wrong: a model's, not a file's, faults. */
export function scoreAnswers(
  { questions, samples }: SceneData,
  predictions: readonly Prediction[],
  resamples: number,
): SceneScores {
  return scoreScenes({ questions, samples, predictions, allowMissing: true, resamples });
}
