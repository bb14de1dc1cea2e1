import { FgamError } from '@fgam/data';
import type { Command } from 'commander';
import { ORACLE } from '../bench-tasks/run-scenes.js';
import { leftOutInWords } from '../commands/left-out-in-words.js';
import { interruptible } from '../interrupt.js';
import type { CommonOptions } from '../output.js';
import type { CriticOptions } from '../ports/critic-options.js';
import { keepAnswers } from '../ports/keep-answers.js';
import type { ModelOptions } from '../ports/model-options.js';
import { type Answering, openAnswering } from '../ports/open-answering.js';
import { openOracleCritic } from '../ports/open-critic.js';
import { openCritics, type OpenCriticsOptions } from '../ports/open-critics.js';
import { withProgress } from '../progress.js';
import type { SceneData } from '../scene-data.js';
import { BASE_MODEL } from '../train/model-names.js';
import { readDrafts } from '../train/read-drafts.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { judgeByCritic } from './judge-by-critic.js';
import { judgeByTruth } from './judge-by-truth.js';
import type { JudgedResponse } from './judged-response.js';
import { distinctResponses, type OwnResponse } from './own-response.js';
import {
  type OwnCounts,
  type OwnTrajectories,
  ownTrajectories,
  type OwnTrajectoriesOptions,
} from './own-trajectories.js';
import { sampleResponses } from './sample-responses.js';

/** Which responses are judged, and by whom. */
export interface OwnOptions extends CommonOptions, Omit<ModelOptions, 'model'>, CriticOptions {
  /** What answers, unless an endpoint does. */
  readonly model?: string;
  /** File of responses that were given already. */
  readonly drafts?: string;
  /** Responses of each question. */
  readonly samples: number;
  /** Default: 0 of one sample, 1 of several. */
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly wrongShare: number;
  /** The output folder: answers of a model are kept there as they come. */
  readonly out: string;
  /** False: a model is asked all anew, and its answers are not kept. */
  readonly cache: boolean;
}

/** Where responses came from, and how many there were. */
interface Responses {
  readonly from: string;
  readonly asked: number;
  /** Of these, those that a model did not have to be asked for. Undefined for a file. */
  readonly remembered?: number;
  readonly distinct: readonly OwnResponse[];
}

/** What became of a model's responses: what the command says beside what it wrote. */
export interface OwnSummary extends OwnCounts {
  /** The model, or the file of its responses. */
  readonly from: string;
  readonly critic: string;
  readonly questions: number;
  /** Responses, those of a model that were there already, and different ones to a question. */
  readonly asked: number;
  readonly remembered?: number;
  readonly distinct: number;
}

/** What {@link makeOwnTrajectories} needs beside its options. */
export interface OwnTask extends Pick<OwnTrajectoriesOptions, 'imageOf'> {
  readonly data: SceneData;
  /** For usage errors. */
  readonly command: Command;
}

/** Said of a stopped run whose model's answers are there. */
const ANSWERS_KEPT =
  'no trajectories were written; the same command goes on from the answers that the model gave';

/** Whether a command names a model or a file of responses. */
export function isOfResponses({ model, endpoint, drafts }: OwnOptions): boolean {
  return model !== undefined || endpoint !== undefined || drafts !== undefined;
}

/** Whether the truth judges, and no critic of images. */
export function isByTruth({ critic = [], calibration }: CriticOptions): boolean {
  return calibration === undefined && critic.length === 1 && critic[0]?.name === ORACLE;
}

/**
 * Trajectories of a model's own responses to the questions: asked for, or read from a file; judged by the truth or
 * by critics. Answers of a model are kept in the output folder: after a stop only the others are asked for.
 *
 * @throws FgamError `data/empty` where no response gives one; `data/bad-record` for responses to other questions
 */
export function makeOwnTrajectories(
  options: OwnOptions,
  task: OwnTask,
): Promise<OwnTrajectories & { readonly summary: OwnSummary }> {
  const isKept = options.drafts === undefined && options.cache;
  const hint = isKept ? ANSWERS_KEPT : 'no trajectories were written; run the command again';
  return interruptible(async (signal) => {
    const { data } = task;
    const { judged, critic, ...responses } = await judgeResponses(options, task, signal);
    const made = ownTrajectories(judged, { ...task, ...options });
    const { asked, remembered, distinct, from } = responses;
    if (made.trajectories.length === 0)
      throw new FgamError(
        'data/empty',
        `fgam data trajectories: expected a response of ${from} that ${critic} refuses and that can be corrected, ` +
          `got none of ${distinct.length}${leftOutInWords(made.counts.leftOut)}; ask for more of them (--samples), or keep accepted ones (--wrong-share 0)`,
      );
    const summary = {
      ...{ from, critic, questions: data.questions.length, asked, distinct: distinct.length },
      ...(remembered === undefined ? {} : { remembered }),
      ...made.counts,
    };
    return { ...made, summary };
  }, hint);
}

/** In words, for the end of a command. */
export function ownInWords({ from, critic, ...counts }: OwnSummary): string {
  const { questions, asked, remembered = 0, distinct, refused, corrected, accepted, leftOut } = counts;
  const known = remembered > 0 ? `${remembered} of them remembered, ` : '';
  return (
    `${asked} responses of ${from} to ${questions} questions, ${known}${distinct} of them different: ${critic} refused ${refused}, of which ${corrected} could be corrected, ` +
    `and accepted ${accepted}${leftOutInWords(leftOut)}`
  );
}

async function judgeResponses(
  options: OwnOptions,
  task: OwnTask,
  signal: AbortSignal,
): Promise<Responses & { readonly judged: readonly JudgedResponse[]; readonly critic: string }> {
  const { data, command } = task;
  const { drafts } = options;
  const named = { ...options, model: options.model ?? BASE_MODEL };
  const answering = drafts === undefined ? await openAnswering(named, command) : undefined;
  try {
    const request: OpenCriticsOptions = {
      options: named,
      answering: answering ?? { name: drafts ?? '' },
      command,
      openOther: (name) => (name === ORACLE ? openOracleCritic(data) : undefined),
    };
    const opened = isByTruth(options) ? undefined : await openCritics(request);
    try {
      const responses =
        answering === undefined
          ? await readResponses(drafts ?? '', data)
          : await askResponses(answering, named, { data, signal });
      const { distinct } = responses;
      if (opened === undefined) return { ...responses, judged: judgeByTruth(distinct, data), critic: ORACLE };
      const { critic, name } = opened;
      const judged = await withProgress('responses judged', distinct.length, (onProgress) =>
        judgeByCritic(distinct, { critic, data, signal, onProgress }),
      );
      return { ...responses, judged, critic: name };
    } finally {
      await opened?.dispose();
    }
  } finally {
    await answering?.answerer.dispose();
  }
}

async function askResponses(
  answering: Answering,
  options: OwnOptions & ModelOptions,
  { data, signal }: { readonly data: SceneData; readonly signal: AbortSignal },
): Promise<Responses> {
  const { samples, temperature = samples === 1 ? 0 : 1, seed, maxTokens } = options;
  const { name, compact } = answering;
  const { questions } = data;
  if (compact !== undefined)
    warnUnknown(
      'questions',
      compact.model.tokenizer,
      questions.map(({ question }) => question),
    );
  return withProgress('responses', questions.length * samples, async (onProgress) => {
    let done = 0;
    const onAnswered = (requests: number): void => onProgress((done += requests));
    const answerer = await keepAnswers(answering, { ...options, onAnswered });
    const all = await sampleResponses({ answerer, data, samples, temperature, seed, maxTokens, signal });
    const { remembered } = answerer.counts();
    return { from: name, asked: all.length, remembered, distinct: distinctResponses(all) };
  });
}

async function readResponses(file: string, { questions }: SceneData): Promise<Responses> {
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const all = (await readDrafts(file)).map(({ question: id, response }): OwnResponse => {
    const question = questionOf.get(id);
    if (question !== undefined) return { question, response };
    throw new FgamError(
      'data/bad-record',
      `${file}: expected responses to the source's questions, got one to ${JSON.stringify(id)}, which is not among them; name the source that they were asked of`,
    );
  });
  return { from: file, asked: all.length, distinct: distinctResponses(all) };
}
