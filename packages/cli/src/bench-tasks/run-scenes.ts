import { join } from 'node:path';
import {
  type CorrectionAccounting,
  correctionAccounting,
  isRight,
  type Prediction,
  type PredictionFaults,
  scoreScenes,
} from '@fgam/bench';
import { FgamError, type Trajectory, writeAtomic } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import type { Command } from 'commander';
import { answerQuestions } from '../answer-questions.js';
import { withProgress } from '../progress.js';
import type { CriticOptions } from '../ports/critic-options.js';
import type { ModelOptions } from '../ports/model-options.js';
import { openAnswering } from '../ports/open-answering.js';
import { openOracleCritic } from '../ports/open-critic.js';
import { openCritics } from '../ports/open-critics.js';
import { rectifyQuestions } from '../rectify-questions.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import { forgetRectified } from './forget-rectified.js';
import { type ScoreRow, scoreRows } from './score-rows.js';
import { makeOutputFolder } from './make-output-folder.js';

/** The critic that knows the truth: an upper bound, and labelled so. */
export const ORACLE = 'oracle';

/** Options of {@link runScenes}. */
export interface RunScenesOptions extends ModelOptions, CriticOptions {
  readonly data: string;
  /** K. Default 2. */
  readonly rounds?: number;
  /** Images taken, from the first. Default: all. */
  readonly limit?: number;
  readonly out?: string;
  /** Of the intervals' bootstrap. */
  readonly seed: number;
  /** For usage errors. */
  readonly command: Command;
  readonly signal: AbortSignal;
}

/** What the scene suite found: the content of `scores.json`. */
export interface ScenesResult {
  readonly task: 'scenes';
  readonly model: string;
  readonly data: string;
  readonly critic: string | undefined;
  readonly seed: number;
  readonly images: number;
  readonly questions: number;
  readonly rows: readonly ScoreRow[];
  /** Answers that count as wrong because they are not of the form asked for. */
  readonly faults: { readonly first: PredictionFaults; readonly loop?: PredictionFaults };
  readonly accounting?: CorrectionAccounting;
}

/** Answers the questions of a scenes folder, with a critic rectifies them, and scores both. */
export async function runScenes(options: RunScenesOptions): Promise<ScenesResult> {
  const { seed, signal, out, rounds, command } = options;
  if (out !== undefined) await makeOutputFolder(out);
  const data = limitImages(await readSceneData(options.data), options.data, options.limit);
  const { questions, samples } = data;
  const answering = await openAnswering(options, command);
  const { answerer } = answering;
  let opened: Awaited<ReturnType<typeof openCritics>>;
  try {
    opened = await openCritics({
      ...{ options, answering, command },
      // The oracle knows the data's truth; the others know the image alone.
      openOther: (name) => (name === ORACLE ? openOracleCritic(data) : undefined),
    });
    const loop = opened;
    const first = await withProgress('first answers', questions.length, (onProgress) =>
      answerQuestions(answerer, data, questions, { signal, onProgress }),
    );
    const trajectories =
      loop &&
      (await withProgress('rectification', questions.length, (onProgress) =>
        rectifyQuestions({
          answerer,
          critic: loop.critic,
          data,
          questions,
          first,
          signal,
          onProgress,
          ...(rounds === undefined ? {} : { rounds }),
        }),
      ));
    // Answers that can't be parsed are the model's faults, not the file's: they count as wrong and are listed.
    const score = (predictions: readonly Prediction[]) =>
      scoreScenes({ questions, samples, predictions, allowMissing: true, seed });
    const before = score(first);
    const after = trajectories && score(trajectories.map(({ id, final }) => ({ id, answer: final })));
    const result: ScenesResult = {
      task: 'scenes',
      model: answering.name,
      data: options.data,
      critic: loop?.name,
      seed,
      images: samples.length,
      questions: questions.length,
      rows: [
        ...scoreRows('first', before.scores),
        ...(after ? scoreRows(`after the loop, ${loop?.critic.name ?? ''}`, after.scores) : []),
      ],
      faults: { first: before.faults, ...(after ? { loop: after.faults } : {}) },
      ...(trajectories ? { accounting: correctionAccounting(trajectories, questions, isRight) } : {}),
    };
    if (out !== undefined) await writeResult(out, result, first, trajectories);
    return result;
  } finally {
    await Promise.all([answerer.dispose(), opened?.dispose()]);
  }
}

function limitImages(data: SceneData, folder: string, limit = Number.POSITIVE_INFINITY): SceneData {
  const samples = data.samples.slice(0, Math.max(0, limit));
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  const questions = data.questions.filter(({ sample }) => sampleOf.has(sample));
  if (questions.length === 0) {
    throw new FgamError(
      'data/empty',
      `${folder}: expected questions about ${samples.length} images, got none; raise --limit or write the scenes again`,
    );
  }
  return { ...data, samples, questions, sampleOf };
}

async function writeResult(
  out: string,
  result: ScenesResult,
  predictions: readonly Prediction[],
  trajectories: readonly Trajectory[] | undefined,
): Promise<void> {
  const lines = predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join('');
  await writeAtomic(join(out, 'predictions.jsonl'), lines);
  const file = join(out, 'trajectories.jsonl');
  if (trajectories) await writeAtomic(file, formatTrajectories(trajectories));
  else await forgetRectified(out, ['trajectories.jsonl']);
  await writeAtomic(join(out, 'scores.json'), `${JSON.stringify(result, null, 2)}\n`);
}
