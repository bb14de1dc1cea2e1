import type { Critic, ImageSource, Question, RegionSample } from '@fgam/data';
import { plainText } from '../claims/noun-phrase.js';
import type { Ontology } from '../claims/ontology.js';
import { rectifierError } from '../error.js';
import { nameOfImage } from '../loop/request-state.js';
import { feedbackFor } from '../truth/feedback-for.js';

/** One question whose truth an oracle knows. */
export interface OracleTruth {
  readonly image: ImageSource;
  readonly question: Question;
  /** Lets the oracle name true relations, not only deny false ones. */
  readonly sample?: RegionSample;
}

/**
 * A critic that knows the truth: the upper bound of what feedback can do. Its results are labelled `oracle`
 * wherever they are shown.
 *
 * Questions are found by image and text. Its confidence is 1.
 *
 * @throws FgamError `rectifier/no-truth`, at the call, for a question that it was not given
 */
export function createOracleCritic(options: {
  readonly truth: readonly OracleTruth[];
  readonly ontology?: Ontology;
}): Critic {
  const { truth, ontology } = options;
  const keyOf = (image: ImageSource, question: string) => `${nameOfImage(image)}\n${plainText(question)}`;
  const known = new Map(truth.map((entry) => [keyOf(entry.image, entry.question.question), entry]));
  return {
    name: 'oracle',
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      return requests.map(({ image, question, response }) => {
        const entry = known.get(keyOf(image, question));
        if (!entry)
          throw rectifierError(
            'rectifier/no-truth',
            `oracle critic: expected a question that it knows, got ${JSON.stringify(question)} on ${nameOfImage(image)}; add it to truth`,
          );
        const { sample } = entry;
        const feedback = feedbackFor(entry.question, response, {
          ...(sample ? { sample } : {}),
          ...(ontology ? { ontology } : {}),
        });
        return { ...feedback, confidence: 1 };
      });
    },
  };
}
