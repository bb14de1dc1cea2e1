import { join, resolve } from 'node:path';
import {
  type BenchmarkScore,
  type BenchmarkTask,
  type LocatedQuestion,
  locateQuestions,
  rowAccounting,
  type RowAccounting,
  type ScoredRow,
  type ScoreInput,
} from '@fgam/bench';
import {
  type Answerer,
  type Critic,
  isFgamError,
  makeFolder,
  type Trajectory,
  writeAtomic,
} from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import type { Command } from 'commander';
import { recordHash } from '../once.js';
import { say } from '../output.js';
import type { CriticOptions } from '../ports/critic-options.js';
import { judgeInput } from '../ports/judge-options.js';
import { keepAnswers } from '../ports/keep-answers.js';
import { criticIdentity, modelIdentity } from '../ports/model-identity.js';
import type { ModelOptions } from '../ports/model-options.js';
import { openAnswering } from '../ports/open-answering.js';
import type { OpenCritic } from '../ports/open-critic.js';
import { openCritics } from '../ports/open-critics.js';
import type { JudgeOptions } from '../ports/open-judge.js';
import { withProgress } from '../progress.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { forgetRectified } from './forget-rectified.js';
import { makeOutputFolder } from './make-output-folder.js';
import { rectifyRemembered } from './rectify-remembered.js';
import { runRows, type RunRow } from './result-rows.js';
import { type ShownScore, shownScore } from './shown-score.js';

/** Options of {@link runBenchmark}. */
export interface RunBenchmarkOptions extends ModelOptions, CriticOptions, JudgeOptions {
  readonly truth: readonly string[];
  /** Folder of the benchmark's images. Default: those that stand in its truth. */
  readonly images?: string;
  readonly out: string;
  /** K; undefined for first answers alone. */
  readonly rectify?: number;
  readonly allowMissing?: boolean;
  /** False: what was answered before is asked again, and nothing is remembered. */
  readonly cache: boolean;
  /** Tokens of an answer. Default: the model's own. */
  readonly maxTokens?: number;
  /** Of the intervals' bootstrap. */
  readonly seed: number;
  /** For usage errors. */
  readonly command: Command;
  readonly signal: AbortSignal;
}

/** What a model did on a benchmark: the content of `scores.json`. */
export interface BenchmarkRun {
  readonly task: string;
  readonly model: string;
  /** Whole paths, by which `fgam view` shows the run. */
  readonly truth: readonly string[];
  readonly images: string;
  /** Asked, and answered. */
  readonly questions: number;
  /** Ids of questions that were not asked. */
  readonly unanswered: { readonly withoutFile: readonly string[] };
  /**
   * Of the questions those that have no image: they are asked without, and critics of images
   * are not asked about them.
   */
  readonly withoutImage: number;
  /** Requests that the model answered, and those that it did not need to. */
  readonly requests: { readonly asked: number; readonly remembered: number };
  /** Files of first answers, in the official format. */
  readonly predictions: readonly string[];
  readonly score?: ShownScore;
  readonly rectified?: {
    readonly critic: string;
    readonly rounds: number;
    /** Of what changed from first to final answers, by metric; where the metric is a mean over questions. */
    readonly accounting?: Readonly<Record<string, RowAccounting>>;
    readonly predictions: readonly string[];
    readonly score?: ShownScore;
  };
  /** Both scores, as the scene suite prints its own. */
  readonly rows: readonly RunRow[];
  readonly notes: readonly string[];
}

/** Answers with their files and their score. */
interface Answered {
  readonly predictions: readonly string[];
  readonly score?: BenchmarkScore;
}

/** The folder of images that stand in a benchmark's truth. */
const IMAGES = 'images';
/** The folder of final answers. */
const RECTIFIED = 'rectified';
const TRAJECTORIES = 'trajectories.jsonl';
/** The folder of trajectories that ended, a file by model, critic and rounds. */
const LOOPS = 'loops';

const NO_JUDGE =
  'not scored: this benchmark needs a judge; give one, or score the predictions by fgam bench score';

/**
 * Asks a model the questions of a benchmark, with a critic rectifies the answers, saves both in the
 * official format and scores them.
 */
export async function runBenchmark(task: BenchmarkTask, options: RunBenchmarkOptions): Promise<BenchmarkRun> {
  const { truth, out, allowMissing = false, signal, seed, command } = options;
  await makeOutputFolder(out);
  const images = options.images ?? join(out, IMAGES);
  if (options.images === undefined) await task.saveImages?.(truth, images);
  const { questions, ...unanswered } = await locateQuestions(task, truth, images, { allowMissing });
  const scoring = { truth, allowMissing, seed, signal, ...(await judgeInput(options)) };
  const finish = async (folder: string, answers: ReadonlyMap<string, string>): Promise<Answered> => {
    const predictions = await task.savePredictions(truth, answers, join(out, folder));
    const score = await scoreIfJudged(task, { ...scoring, predictions });
    return { predictions, ...(score === undefined ? {} : { score }) };
  };
  const answering = await openAnswering(options, command);
  let opened: Awaited<ReturnType<typeof openCritics>>;
  try {
    if (answering.compact !== undefined)
      warnUnknown(
        'questions',
        answering.compact.model.tokenizer,
        questions.map(({ prompt }) => prompt),
      );
    const { rectify: rounds } = options;
    opened = rounds === undefined ? undefined : await openCritics({ options, answering, command });
    const progress: { onAnswered?: (requests: number) => void } = {};
    const onAnswered = (requests: number): void => progress.onAnswered?.(requests);
    const answerer = await keepAnswers(answering, { ...options, onAnswered });
    const first = await withProgress('answers', questions.length, (onProgress) => {
      let done = 0;
      progress.onAnswered = (requests) => onProgress((done += requests));
      return answerAll(answerer, questions, options);
    });
    const before = await finish('predictions', first);
    const common = {
      ...{ task: task.name, model: answering.name, questions: questions.length, unanswered },
      withoutImage: questions.length - pictured(questions).length,
      truth: truth.map((path) => resolve(path)),
      images: resolve(images),
      ...{
        predictions: before.predictions,
        ...(before.score === undefined ? {} : { score: shownScore(before.score) }),
      },
      rows: runRows('first', before.score),
      notes: before.score === undefined ? [NO_JUDGE] : [],
    };
    let run: BenchmarkRun = { ...common, requests: answerer.counts() };
    if (opened !== undefined && rounds !== undefined) {
      const { critic, name } = opened;
      progress.onAnswered = () => {};
      const file = options.cache ? join(out, LOOPS, `${await loopHash(options, opened)}.jsonl`) : undefined;
      if (file !== undefined) await makeFolder(join(out, LOOPS));
      const seen = pictured(questions);
      const trajectories = await withProgress('rectification', seen.length, (onProgress) =>
        rectifyAll({ answerer, critic, questions: seen, first, rounds, file, onProgress }, options),
      );
      await writeAtomic(join(out, TRAJECTORIES), formatTrajectories(trajectories));
      const finals = trajectories.map(({ id, final }) => [id, final] as const);
      const after = await finish(RECTIFIED, new Map([...first, ...finals]));
      const accounting = accountingOf(before.score, after.score);
      run = {
        ...common,
        requests: answerer.counts(),
        rows: [...common.rows, ...runRows(`after the loop, ${name}`, after.score)],
        rectified: {
          ...{ critic: name, rounds },
          ...(accounting === undefined ? {} : { accounting }),
          ...{
            predictions: after.predictions,
            ...(after.score === undefined ? {} : { score: shownScore(after.score) }),
          },
        },
      };
    } else {
      await forgetRectified(out, [RECTIFIED, TRAJECTORIES]);
    }
    await writeAtomic(join(out, 'scores.json'), `${JSON.stringify(run, null, 2)}\n`);
    return run;
  } finally {
    await Promise.all([answering.answerer.dispose(), opened?.dispose()]);
  }
}

async function answerAll(
  answerer: Answerer,
  questions: readonly LocatedQuestion[],
  { signal, maxTokens }: RunBenchmarkOptions,
): Promise<ReadonlyMap<string, string>> {
  const requests = questions.map(({ image, prompt }) => ({
    question: prompt,
    ...(image === undefined ? {} : { image }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }));
  const answers = await answerer.answer(requests, { signal });
  return new Map(questions.map(({ id }, index) => [id, answers[index]?.text ?? '']));
}

/** What a trajectory depends on beside its question and first answer. */
async function loopHash(
  options: RunBenchmarkOptions,
  critic: OpenCritic & { readonly name: string },
): Promise<string> {
  const { rectify: rounds, maxTokens, template } = options;
  return recordHash({
    ...{ rounds, maxTokens, template },
    model: await modelIdentity(options),
    critic: await criticIdentity(options, critic),
  });
}

/** A question about an image. */
type PicturedQuestion = LocatedQuestion & { readonly image: string };

function pictured(questions: readonly LocatedQuestion[]): PicturedQuestion[] {
  return questions.flatMap(({ image, ...question }) => (image === undefined ? [] : [{ ...question, image }]));
}

interface RectifyAll {
  readonly answerer: Answerer;
  readonly critic: Critic;
  readonly questions: readonly PicturedQuestion[];
  readonly first: ReadonlyMap<string, string>;
  readonly rounds: number;
  /** Where trajectories are kept as they end. */
  readonly file: string | undefined;
  readonly onProgress: (done: number) => void;
}

function rectifyAll(
  { answerer, critic, questions, first, rounds, file, onProgress }: RectifyAll,
  { signal, maxTokens }: RunBenchmarkOptions,
): Promise<Trajectory[]> {
  let done = 0;
  return rectifyRemembered(file, {
    ...{ answerer, critic, rounds, signal },
    requests: questions.map(({ id, image, prompt }) => ({
      ...{ id, image, question: prompt, response: first.get(id) ?? '' },
    })),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    onEvent: ({ type }) => {
      if (type === 'stop') onProgress((done += 1));
    },
  });
}

/** The score; undefined where it takes a judge, and none was given. */
async function scoreIfJudged(task: BenchmarkTask, input: ScoreInput): Promise<BenchmarkScore | undefined> {
  try {
    return await task.score(input);
  } catch (error) {
    if (!isFgamError(error) || error.code !== 'bench/no-judge') throw error;
    say(`${task.name}: ${NO_JUDGE}`);
    return undefined;
  }
}

/** Undefined where the metrics are no means over questions. */
function accountingOf(
  first: BenchmarkScore | undefined,
  final: BenchmarkScore | undefined,
): Readonly<Record<string, RowAccounting>> | undefined {
  if (first?.rows === undefined || final?.rows === undefined) return undefined;
  const finals: Readonly<Record<string, readonly ScoredRow[]>> = final.rows;
  return Object.fromEntries(
    Object.entries(first.rows).map(([metric, rows]) => [metric, rowAccounting(rows, finals[metric] ?? [])]),
  );
}
