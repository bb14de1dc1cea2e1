import type { Prediction } from '@fgam/bench';
import type { Answerer, AnswerRequest, Question } from '@fgam/data';
import type { SceneData } from './scene-data.js';

/** Questions that go to a model in one call: what a progress bar moves by. */
const CALL = 512;

/** Options of {@link answerQuestions}. */
export interface AnswerQuestionsOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
  /** How the question at a place is answered. Default: as the model answers. */
  readonly sampling?: (place: number) => Pick<AnswerRequest, 'maxTokens' | 'temperature' | 'seed'>;
}

/** A model's answers to some questions of a scenes folder, in their order. */
export async function answerQuestions(
  answerer: Answerer,
  data: SceneData,
  questions: readonly Question[],
  { signal, onProgress, sampling }: AnswerQuestionsOptions = {},
): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for (let start = 0; start < questions.length; start += CALL) {
    const part = questions.slice(start, start + CALL);
    const answers = await answerer.answer(
      part.map((question, index) => ({
        ...{ image: imageOf(data, question), question: question.question },
        ...sampling?.(start + index),
      })),
      signal === undefined ? {} : { signal },
    );
    predictions.push(...part.map(({ id }, index) => ({ id, answer: answers[index]?.text ?? '' })));
    onProgress?.(predictions.length);
  }
  return predictions;
}

/** The image that a question is about. */
export function imageOf(data: SceneData, question: Question): string {
  const sample = data.sampleOf.get(question.sample);
  if (sample === undefined) throw new Error(`no sample ${question.sample} for question ${question.id}`);
  return sample.image;
}
