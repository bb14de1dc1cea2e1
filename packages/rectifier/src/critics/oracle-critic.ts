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
 * @example
 * ```ts
 * import type { Question } from '@fgam/data';
 * import { createOracleCritic } from '@fgam/rectifier';
 *
 * const asked = { id: '1', sample: '1', kind: 'existence', question: 'is there a cat ?' } as const;
 * const truth: { image: string; question: Question }[] = [
 *   { image: 'cat.png', question: { ...asked, answer: 'yes' } },
 *   { image: 'dog.png', question: { ...asked, answer: 'no' } },
 * ];
 * const critic = createOracleCritic({ truth });
 * const ask = (image: string) => ({ image, question: 'Is there a cat?', response: 'yes' });
 * const [cat, dog] = await critic.critique([ask('cat.png'), ask('dog.png')]);
 * if (cat?.verdict !== 'accept' || cat.confidence !== 1) throw new Error('there is one');
 * if (dog?.verdict !== 'revise' || dog.text !== 'object : there is no cat') throw new Error('there is none');
 * ```
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
