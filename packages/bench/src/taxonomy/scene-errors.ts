import type { QuestionKind } from '@fgam/data';
import { matchPredictions } from '../match-predictions.js';
import { captionCounts } from '../scenes/caption-counts.js';
import { isParsable, isRight } from '../scenes/is-right.js';
import type { ScoreScenesOptions } from '../scenes/score-scenes.js';
import type { ErrorClaims, ErrorType } from './error-claims.js';

/** What a wrong answer of each kind is. Existence is apart: only a false yes claims what is not there. */
const TYPE_OF: Readonly<Partial<Record<QuestionKind, ErrorType>>> = {
  attribute: 'attribute',
  spatial: 'relation',
  location: 'relation',
  reasoning: 'reasoning',
};

/**
 * The false claims in answers to scene questions by the paper's types, from the scenes' own truth.
 *
 * Of captions: objects named whose kind is not there; of those that are there a false size or texture
 * (attribute), a false place (relation). Of questions: about absent objects, those not answered no (object);
 * wrong answers about attributes, about relations and places (relation), of two steps (reasoning). What is
 * missing or unreadable counts as false. All counts are of claims.
 *
 * Source: the paper's section 4.6 names the types; what counts as a claim is ours.
 *
 * @throws FgamError `bench/bad-predictions` (names the rows), `bench/bad-truth` where a caption's sample is not given
 * @example
 * ```ts
 * import { sceneErrors } from '@fgam/bench';
 *
 * const question = { id: 'a', sample: '1', kind: 'existence', question: 'is there a red circle ?', answer: 'no' } as const;
 * const [found] = sceneErrors({ questions: [question], samples: [], predictions: [{ id: 'a', answer: 'yes' }] });
 * if (found?.type !== 'object' || found.errors !== 1) throw new Error('a false yes claims an object');
 * ```
 */
export function sceneErrors(
  options: Pick<ScoreScenesOptions, 'questions' | 'samples' | 'predictions' | 'allowMissing'>,
): ErrorClaims[] {
  const { questions, samples, predictions, allowMissing = false } = options;
  const { rows } = matchPredictions('sceneErrors', questions, predictions, isParsable, allowMissing);
  const captions = captionCounts('sceneErrors', rows, samples);
  return rows.flatMap(({ item, answer }): ErrorClaims[] => {
    const image = item.sample;
    const counts = captions.get(item.id);
    if (counts !== undefined) {
      const part = 'captions';
      return [
        { type: 'object', part, image, claims: counts.mentions, errors: counts.wrongObjects },
        { type: 'attribute', part, image, claims: counts.attributeClaims, errors: counts.wrongAttributes },
        { type: 'relation', part, image, claims: counts.relationClaims, errors: counts.wrongRelations },
      ];
    }
    const isOfAbsent = item.kind === 'existence' && item.answer === 'no';
    const type = isOfAbsent ? 'object' : TYPE_OF[item.kind];
    if (type === undefined) return [];
    const isWrong = answer === undefined || !isRight(item, answer);
    return [{ type, part: 'questions', image, claims: 1, errors: isWrong ? 1 : 0 }];
  });
}
