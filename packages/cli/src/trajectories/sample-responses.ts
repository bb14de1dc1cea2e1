import { type Answerer, createRandom } from '@fgam/data';
import { imageOf } from '../answer-questions.js';
import type { SceneData } from '../scene-data.js';
import type { OwnResponse } from './own-response.js';

/** Responses that are asked for in one call: what a progress bar moves by. */
const CALL = 512;

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
  readonly onProgress: (done: number) => void;
}

/** A model's responses to all questions, those to one together and in the order of the questions. */
export async function sampleResponses(options: SampleResponsesOptions): Promise<OwnResponse[]> {
  const { answerer, data, samples, temperature, seed, maxTokens, signal, onProgress } = options;
  const asked = data.questions.flatMap((question) =>
    Array.from({ length: samples }, (_, sample) => ({ question, sample })),
  );
  const responses: OwnResponse[] = [];
  for (let start = 0; start < asked.length; start += CALL) {
    const part = asked.slice(start, start + CALL);
    const answers = await answerer.answer(
      part.map(({ question, sample }) => ({
        image: imageOf(data, question),
        question: question.question,
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === 0 ? {} : { temperature, seed: seedOf(seed, question.id, sample) }),
      })),
      { signal },
    );
    responses.push(...part.map(({ question }, i) => ({ question, response: answers[i]?.text ?? '' })));
    onProgress(responses.length);
  }
  return responses;
}

/** The same whatever else is asked. */
function seedOf(seed: number, question: string, sample: number): number {
  return createRandom(`own-mistakes/${seed}/${question}/${sample}`).int(0, 2 ** 31 - 1);
}
