import type { Correction, StoredCorrection, Study } from '@fgam/bench/human-eval';
import { type Feedback, FgamError, type Trajectory } from '@fgam/data';
import { formatFeedback } from '@fgam/rectifier';

/**
 * What authors wrote as trajectories: the response with the author's feedback, and the corrected answer,
 * accepted. The id is the question's; where several authors corrected one response, those after the first
 * have `-2`, `-3`, ... behind it.
 *
 * @throws FgamError `data/bad-record` for a correction of what the study has not
 */
export function correctionTrajectories(study: Study, corrections: readonly StoredCorrection[]): Trajectory[] {
  const itemOf = new Map(study.items.map((item) => [item.id, item]));
  const counts = new Map<string, number>();
  return corrections.map(({ item: id, correction }) => {
    const item = itemOf.get(id);
    if (!item)
      throw new FgamError(
        'data/bad-record',
        `correctionTrajectories: expected an item of the study, got ${id}`,
      );
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    const { image, question, responses } = item;
    const response = responses[0] ?? '';
    const final = correction.verdict === 'accept' ? response : correction.corrected;
    const accepted = { response: final, feedback: { verdict: 'accept' } } as const;
    return {
      id: count === 1 ? id : `${id}-${count}`,
      image,
      question,
      attempts:
        correction.verdict === 'accept'
          ? [accepted]
          : [{ response, feedback: feedbackOf(correction, response) }, accepted],
      final,
      stop: 'accepted',
    };
  });
}

function feedbackOf({ issues }: Correction & { verdict: 'revise' }, response: string): Feedback {
  const feedback = { verdict: 'revise', issues, text: '' } as const;
  return { ...feedback, text: formatFeedback(feedback, { response }) };
}
