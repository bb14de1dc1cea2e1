import { type CriticJudgement, criticScores, type Prediction } from '@fgam/bench';
import type { Critic } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import { feedbackFor, isAcceptance } from '@fgam/rectifier';
import { answerQuestions, imageOf } from '../answer-questions.js';
import { openAnswerer } from '../ports/open-answerer.js';
import type { OpenCritic } from '../ports/open-critic.js';
import { type SceneData, withoutCaptions } from '../scene-data.js';
import { openModel } from '../train/open-model.js';

/** Resamples of intervals, which the scores leave out. */
const RESAMPLES = 100;

/**
 * Precision and recall of a critic's refusals of the base checkpoint's first answers to short questions, by kind:
 * of the answers that it refuses the share that is wrong, and of the wrong ones the share that it refuses.
 *
 * @param opened - freed in the end
 */
export async function refusalScores(
  { critic, dispose }: Pick<OpenCritic, 'critic' | 'dispose'>,
  data: SceneData,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  try {
    return await scoresOf(critic, withoutCaptions(data), signal);
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
  const judgements = data.questions.map((question, i): CriticJudgement => {
    const sample = data.sampleOf.get(question.sample);
    const truth = feedbackFor(question, answers[i]?.answer ?? '', sample === undefined ? {} : { sample });
    const said = feedbacks[i];
    return {
      group: question.sample,
      wrong: truth.verdict === 'accept' ? [] : [question.kind],
      found: said === undefined || isAcceptance(said) ? [] : [question.kind],
    };
  });
  return Object.fromEntries(
    criticScores(judgements, { resamples: RESAMPLES })
      .flatMap(({ type, precision, recall }): [string, number][] => [
        [`${type}.precision`, precision],
        [`${type}.recall`, recall],
      ])
      // A kind that is never refused has no precision.
      .flatMap(([name, value]) => (Number.isFinite(value) ? [[name, Number(value.toFixed(4))]] : [])),
  );
}

async function baseAnswers(model: FgamModel, data: SceneData, signal: AbortSignal): Promise<Prediction[]> {
  const answerer = openAnswerer(model);
  try {
    return await answerQuestions(answerer, data, data.questions, { signal });
  } finally {
    await answerer.dispose();
  }
}
