import { iou, parseLocation, type Question } from '@fgam/data';
import { captionMentions } from './caption-mentions.js';
import { compareCaptions, isFaithful } from './caption-hallucinations.js';
import { normaliseAnswer, parseYesNo } from './parse-answer.js';

/** A box is found where its intersection over union with the true one is at least this. */
export const FOUND_IOU = 0.5;

/**
 * Whether an answer to a scene question is right.
 *
 * `existence` and `spatial`: the first word is the true yes or no. `grounding`: the first box in the text has
 * IoU >= 0.5 with the true one. `caption`: it names an object and says nothing false (it may leave objects
 * out: recall is a score of its own). `attribute`, `reasoning`, `location`: the same words but for case and
 * punctuation; of `a and b`, in any order.
 *
 * @example
 * ```ts
 * import { isRight } from '@fgam/bench';
 *
 * const question = { id: '1-existence-0', sample: '1', kind: 'existence', question: 'is there a red circle ?', answer: 'no' } as const;
 * if (!isRight(question, 'No.') || isRight(question, 'yes')) throw new Error('wrong verdict');
 * ```
 */
export function isRight(question: Question, answer: string): boolean {
  switch (question.kind) {
    case 'existence':
    case 'spatial':
      return parseYesNo(answer) === parseYesNo(question.answer);
    case 'grounding': {
      const truth = question.box ?? parseLocation(question.answer);
      const box = parseLocation(answer);
      return truth !== undefined && box !== undefined && iou(truth, box) >= FOUND_IOU;
    }
    case 'caption':
      return isFaithful(compareCaptions(answer, question.answer));
    case 'attribute':
    case 'reasoning':
    case 'location':
      return partsOf(answer) === partsOf(question.answer);
  }
}

/**
 * Whether an answer has the form that its question asks for: a yes or no, a box, a named object, any word at
 * all.
 *
 * @example
 * ```ts
 * import type { Question } from '@fgam/data';
 * import { isParsable } from '@fgam/bench';
 *
 * const asked = { id: '1-existence-0', sample: '1', question: 'is there a red circle ?' };
 * const question: Question = { ...asked, kind: 'existence', answer: 'no' };
 * // A wrong answer is one too.
 * if (!isParsable(question, 'Yes, there is.')) throw new Error('it begins with yes');
 * if (isParsable(question, 'There is one.')) throw new Error('neither yes nor no');
 * ```
 */
export function isParsable(question: Question, answer: string): boolean {
  switch (question.kind) {
    case 'existence':
    case 'spatial':
      return parseYesNo(answer) !== undefined;
    case 'grounding':
      return parseLocation(answer) !== undefined;
    case 'caption':
      return captionMentions(answer).length > 0;
    case 'attribute':
    case 'reasoning':
    case 'location':
      return normaliseAnswer(answer) !== '';
  }
}

function partsOf(answer: string): string {
  return normaliseAnswer(answer).split(' and ').sort().join(' and ');
}
