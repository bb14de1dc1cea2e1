import { join } from 'node:path';
import {
  type CorrectionAccounting,
  correctionAccounting,
  isRight,
  type Prediction,
  type SceneScores,
  scoreScenes,
} from '@fgam/bench';
import type { Answerer, Trajectory } from '@fgam/data';
import { fileSha256 } from '@fgam/trainer';
import { answerQuestions } from '../answer-questions.js';
import { once } from '../once.js';
import { createProgress } from '../progress.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { OpenCritic } from '../ports/open-critic.js';
import { rectifyQuestions } from '../rectify-questions.js';
import type { SceneData } from '../scene-data.js';
import { folderName } from './folder-name.js';
import type { TrainedModel } from './train-variants.js';

/** The loop's K. */
const ROUNDS = 2;

/** What evaluation needs. */
export interface EvaluateOptions extends TrainedModel {
  readonly name: string;
  readonly data: SceneData;
  /** All else that decides the result. */
  readonly dependsOn: unknown;
  readonly resamples: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/** A model's first answers with their scores. */
export async function evaluateAnswers(
  options: EvaluateOptions,
): Promise<{ readonly predictions: readonly Prediction[]; readonly scores: SceneScores }> {
  const { name, model, checkpoint, data, dependsOn, out, signal } = options;
  const weights = await fileSha256(join(checkpoint, 'model.safetensors'));
  const predictions = await once(
    join(out, 'answers'),
    folderName(name),
    { weights, dependsOn },
    async (): Promise<readonly Prediction[]> => {
      const progress = createProgress(`test: ${name}`, data.questions.length);
      const answerer = openAnswerer(model);
      try {
        return await answerQuestions(answerer, data, data.questions, {
          signal,
          onProgress: (done) => progress.update(done),
        });
      } finally {
        progress.stop();
        await answerer.dispose();
      }
    },
  );
  return { predictions, scores: score(options, predictions) };
}

/** What the loop made of first answers. */
export interface LoopResult {
  readonly trajectories: readonly Trajectory[];
  readonly scores: SceneScores;
  readonly accounting: CorrectionAccounting;
  readonly settings: Readonly<Record<string, number>>;
}

/** The rectification loop from a model's first answers, with scores of the final ones and what the loop fixed and broke. */
export async function evaluateLoop(
  options: EvaluateOptions & {
    readonly first: readonly Prediction[];
    /** Opened only where the result is not kept already. */
    readonly openCritic: (answerer: Answerer) => Promise<OpenCritic> | OpenCritic;
    readonly criticName: string;
    /** What the critic depends on. */
    readonly criticHash: string;
  },
): Promise<LoopResult> {
  const { name, criticName, criticHash, model, checkpoint, data, dependsOn, first, out, signal } = options;
  const weights = await fileSha256(join(checkpoint, 'model.safetensors'));
  const { trajectories, settings } = await once(
    join(out, 'trajectories'),
    folderName(`${name} ${criticName}`),
    { weights, criticHash, dependsOn, rounds: ROUNDS },
    async () => {
      const progress = createProgress(`loop: ${name}, ${criticName}`, data.questions.length);
      const answerer = openAnswerer(model);
      const opened = await options.openCritic(answerer);
      try {
        const found = await rectifyQuestions({
          answerer,
          critic: opened.critic,
          data,
          questions: data.questions,
          first,
          rounds: ROUNDS,
          signal,
          onProgress: (done) => progress.update(done),
        });
        return { trajectories: found, settings: opened.settings };
      } finally {
        progress.stop();
        await Promise.all([answerer.dispose(), opened.dispose()]);
      }
    },
  );
  const finals = trajectories.map(({ id, final }) => ({ id, answer: final }));
  const accounting = correctionAccounting(trajectories, data.questions, isRight);
  return { trajectories, scores: score(options, finals), accounting, settings };
}

/** Answers that can't be parsed count as wrong: a model's, not a file's, faults. */
function score({ data, resamples }: EvaluateOptions, predictions: readonly Prediction[]): SceneScores {
  const { questions, samples } = data;
  return scoreScenes({ questions, samples, predictions, allowMissing: true, resamples });
}
