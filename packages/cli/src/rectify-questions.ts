import type { Prediction } from '@fgam/bench';
import type { Answerer, Critic, Question, Trajectory } from '@fgam/data';
import { rectify, type RectifyEvent } from '@fgam/rectifier';
import { imageOf } from './answer-questions.js';
import type { SceneData } from './scene-data.js';

/** Questions that are rectified together. */
const BATCH = 256;

/** What {@link rectifyQuestions} takes. */
export interface RectifyQuestionsOptions {
  readonly answerer: Answerer;
  readonly critic: Critic;
  readonly data: SceneData;
  readonly questions: readonly Question[];
  /** First answers by question, where they are known already: they are not asked for again. */
  readonly first?: readonly Prediction[];
  /** K. Default: the loop's. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
  readonly onEvent?: (event: RectifyEvent) => void;
}

/** Runs the rectification loop on questions of a scenes folder; trajectories have the questions' ids. */
export async function rectifyQuestions(options: RectifyQuestionsOptions): Promise<Trajectory[]> {
  const { answerer, critic, data, questions, first = [], rounds, signal, onProgress, onEvent } = options;
  const known = new Map(first.map(({ id, answer }) => [id, answer]));
  const requests = questions.map((question) => {
    const response = known.get(question.id);
    return {
      id: question.id,
      image: imageOf(data, question),
      question: question.question,
      ...(response === undefined ? {} : { response }),
    };
  });
  let done = 0;
  return rectify({
    answerer,
    critic,
    requests,
    batchSize: BATCH,
    ...(rounds === undefined ? {} : { rounds }),
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event) => {
      onEvent?.(event);
      if (event.type === 'stop') onProgress?.((done += 1));
    },
  });
}
