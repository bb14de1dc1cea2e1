import type { Question, RegionSample, Trajectory } from '@fgam/data';
import { isRight } from '../scenes/is-right.js';
import type { ReportExample } from './schema.js';

/**
 * A question's trajectory as a report's example: the sample's image with its regions' boxes, and
 * whether each response is right.
 *
 * @param sample - its image is a path or a data URI
 * @example
 * ```ts
 * import { reportExample } from '@fgam/bench';
 *
 * const question = { id: 'q', sample: '1', kind: 'existence', question: 'is there a red circle ?', answer: 'no' } as const;
 * const attempts = [{ response: 'yes' }, { response: 'no' }];
 * const trajectory = { id: 'q', image: '1.png', question: question.question, attempts, final: 'no', stop: 'accepted' } as const;
 * const { right } = reportExample(question, trajectory, { image: '1.png', regions: [] });
 * if (right?.attempts.join() !== 'false,true' || !right.final) throw new Error('wrong verdicts');
 * ```
 */
export function reportExample(
  question: Question,
  trajectory: Trajectory,
  sample: Pick<RegionSample, 'image' | 'regions'>,
): ReportExample {
  const { id, attempts, final, stop } = trajectory;
  return {
    image: sample.image,
    question: question.question,
    answer: question.answer,
    trajectory: { id, attempts, final, stop },
    right: {
      attempts: attempts.map(({ response }) => isRight(question, response)),
      final: isRight(question, final),
    },
    boxes: sample.regions.map(({ label, box }) => ({ label, box })),
  };
}
