import type { Attempt, Feedback } from '@fgam/data';
import type { OwnResponse } from './own-response.js';

/** Why a response gives no trajectory. */
export const LEFT_OUT = [
  /** It says nothing. */
  'blank',
  /** It was accepted by no more than chance: unread, or held wrong, but not surely enough to refuse it. */
  'unsure',
  /** It was refused without a correction that can be put in its place. */
  'without-correction',
  /** What the feedback makes of it was refused, too. */
  'correction-refused',
  /** What the feedback makes of it was accepted by no more than chance. */
  'correction-unsure',
  /** It was accepted, and there are enough of these. */
  'beyond-share',
] as const;

/** One of {@link LEFT_OUT}. */
export type LeftOutReason = (typeof LEFT_OUT)[number];

/** A response with what was found of it. */
export type JudgedResponse = OwnResponse &
  (
    | { readonly outcome: 'accepted'; readonly feedback: Feedback }
    | {
        readonly outcome: 'corrected';
        readonly feedback: Feedback;
        /** The right response, or the one that the critic accepts, with its acceptance. */
        readonly corrected: Required<Pick<Attempt, 'response' | 'feedback'>>;
      }
    | { readonly outcome: LeftOutReason }
  );
