import type { CritiqueRequest, Feedback } from '@fgam/data';

/** What a critic says of a response that it does not read. */
export const UNREAD: Feedback = { verdict: 'accept', confidence: 0.5 };

/**
 * Judges the requests that a module knows; the others are accepted unread.
 *
 * @param critique - gives feedback on each request in order; not called where there are none
 */
export async function judgeKnown(
  requests: readonly CritiqueRequest[],
  judges: (request: CritiqueRequest) => boolean,
  critique: (known: readonly CritiqueRequest[]) => Promise<readonly Feedback[]>,
): Promise<Feedback[]> {
  const isKnown = requests.map(judges);
  const known = requests.filter((_, i) => isKnown[i]);
  const judged = (known.length === 0 ? [] : await critique(known)).values();
  return isKnown.map((isRead) => (isRead ? (judged.next().value as Feedback) : UNREAD));
}
