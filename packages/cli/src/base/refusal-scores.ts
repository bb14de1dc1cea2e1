import { type CriticJudgement, criticScores, type Prediction } from '@fgam/bench';
import type { Critic, Feedback, Question } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import { feedbackFor } from '@fgam/rectifier';
import { answerQuestions, imageOf } from '../answer-questions.js';
import { refusedTypes } from '../reproduce/error-types.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { OpenCritic } from '../ports/open-critic.js';
import { type SceneData, withoutCaptions } from '../scene-data.js';
import { openModel } from '../train/open-model.js';

/** Resamples of intervals, which the scores leave out. */
const RESAMPLES = 100;

/**
 * Precision and recall of a critic's refusals of the base checkpoint's first answers, by kind of question: of the
 * answers that it refuses the share that is wrong, and of the wrong ones the share that it refuses. Captions, where
 * they are judged, have rows of their own: `caption any`, and one for each type of error that they have or are
 * refused for (`caption object`, `caption attribute`, ...). What is never refused has no precision, what is never
 * wrong no recall.
 *
 * @param opened - freed in the end
 * @param options - `captions`: whether captions are judged, too
 */
export async function refusalScores(
  { critic, dispose }: Pick<OpenCritic, 'critic' | 'dispose'>,
  data: SceneData,
  { captions = false, signal }: { readonly captions?: boolean; readonly signal: AbortSignal },
): Promise<Record<string, number>> {
  try {
    return await scoresOf(critic, captions ? data : withoutCaptions(data), signal);
  } finally {
    await dispose();
  }
}

async function scoresOf(
  critic: Critic,
  data: SceneData,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const answers = await baseAnswers(await openModel(), data, signal);
  const feedbacks = await critic.critique(
    data.questions.map((question, i) => ({
      image: imageOf(data, question),
      question: question.question,
      response: answers[i]?.answer ?? '',
    })),
    { signal },
  );
  const judged = data.questions.map((question, i) => {
    const sample = data.sampleOf.get(question.sample);
    const truth = feedbackFor(question, answers[i]?.answer ?? '', sample === undefined ? {} : { sample });
    const [wrong, found] = [refusedIn(question, truth), refusedIn(question, feedbacks[i])];
    return { isCaption: question.kind === 'caption', judgement: { group: question.sample, wrong, found } };
  });
  const rows = [false, true].flatMap((ofCaptions) => {
    const judgements = judged.filter(({ isCaption }) => isCaption === ofCaptions);
    return judgements.length === 0 ? [] : namedScores(judgements, ofCaptions ? 'caption any' : 'any');
  });
  return Object.fromEntries(rows);
}

/** Scores of refusals of each type, those of all of them under a name of their own. */
function namedScores(
  judged: readonly { readonly judgement: CriticJudgement }[],
  all: string,
): [string, number][] {
  const scores = criticScores(
    judged.map(({ judgement }) => judgement),
    { resamples: RESAMPLES },
  );
  return (
    scores
      .flatMap(({ type, precision, recall }): [string, number][] => {
        const name = type === 'any' ? all : type;
        return [
          [`${name}.precision`, precision],
          [`${name}.recall`, recall],
        ];
      })
      // A kind that is never refused has no precision.
      .flatMap(([name, value]): [string, number][] =>
        Number.isFinite(value) ? [[name, Number(value.toFixed(4))]] : [],
      )
  );
}

/** What feedback refuses: the kind of a question, of a caption the types of its errors. */
function refusedIn(question: Question, feedback: Feedback | undefined): readonly string[] {
  const types = feedback === undefined ? [] : refusedTypes(question, feedback);
  return question.kind === 'caption' ? types : types.map(() => question.kind);
}

async function baseAnswers(model: FgamModel, data: SceneData, signal: AbortSignal): Promise<Prediction[]> {
  const answerer = openAnswerer(model);
  try {
    return await answerQuestions(answerer, data, data.questions, { signal });
  } finally {
    await answerer.dispose();
  }
}
