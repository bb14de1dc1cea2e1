import type { Feedback, IssueKind } from '@fgam/data';

/** Refused drafts by the kind of their first issue. */
export function countErrors(
  drafts: readonly { readonly feedback: Feedback }[],
): Partial<Record<IssueKind, number>> {
  const errors: Partial<Record<IssueKind, number>> = {};
  for (const { feedback } of drafts) {
    const kind = feedback.verdict === 'revise' ? feedback.issues[0]?.kind : undefined;
    if (kind !== undefined) errors[kind] = (errors[kind] ?? 0) + 1;
  }
  return errors;
}
