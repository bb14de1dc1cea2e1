import { type Answerer, createRandom, type Question } from '@fgam/data';
import { answerQuestions } from '../answer-questions.js';
import type { SceneData } from '../scene-data.js';
import type { OwnResponse } from './own-response.js';

/** Options of {@link sampleResponses}. */
export interface SampleResponsesOptions {
  readonly answerer: Answerer;
  readonly data: SceneData;
  /** Responses of each question. */
  readonly samples: number;
  /** 0: the most probable one. */
  readonly temperature: number;
  /** Of all samples: each has one of its own from it, its question's id and its number. */
  readonly seed: number;
  /** Tokens of a response. Default: the model's own. */
  readonly maxTokens?: number | undefined;
  readonly signal: AbortSignal;
}

interface Asked {
  readonly question: Question;
  readonly sample: number;
}

/** A model's responses to all questions, those to one together and in the order of the questions. */
export async function sampleResponses(options: SampleResponsesOptions): Promise<OwnResponse[]> {
  const { answerer, data, samples, temperature, seed, maxTokens, signal } = options;
  const asked = data.questions.flatMap((question) =>
    Array.from({ length: samples }, (_, sample): Asked => ({ question, sample })),
  );
  const questions = asked.map(({ question }) => question);
  const predictions = await answerQuestions(answerer, data, questions, {
    signal,
    sampling: (place) => ({
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(temperature === 0 ? {} : { temperature, seed: seedOf(seed, asked[place] as Asked) }),
    }),
  });
  return questions.map((question, i) => ({ question, response: predictions[i]?.answer ?? '' }));
}

/** The same whatever else is asked. */
function seedOf(seed: number, { question, sample }: Asked): number {
  return createRandom(`own-mistakes/${seed}/${question.id}/${sample}`).int(0, 2 ** 31 - 1);
}
