import type { BoxUnit, Issue } from '@fgam/data';
import { foldSpace } from '../../feedback/format-feedback.js';

/** An issue with how much its critic counts. */
export interface WeighedIssue {
  readonly issue: Issue;
  readonly critic: string;
  /** 0 or more. */
  readonly weight: number;
}

/**
 * Issues of several critics, each claim once: those of one kind whose claims are the same (case and white
 * space aside) become one, in the order in which claims came up.
 *
 * Of a merged issue the correction is that with the most weight behind it (the earliest of equals),
 * boxes are all that were given, each once, the score is the weighted mean of those that have one,
 * and `by` names the critics.
 */
export function mergeIssues(found: readonly WeighedIssue[]): Issue[] {
  const groups = new Map<string, WeighedIssue[]>();
  for (const each of found) {
    const key = `${each.issue.kind} ${plain(each.issue.claim)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()].map(mergeGroup);
}

function mergeGroup(group: readonly WeighedIssue[]): Issue {
  const { kind, claim } = (group[0] as WeighedIssue).issue;
  const votes = new Map<string, { readonly text: string; weight: number }>();
  for (const { issue, weight } of group) {
    if (issue.correction === undefined) continue;
    const vote = votes.get(plain(issue.correction));
    if (vote === undefined) votes.set(plain(issue.correction), { text: issue.correction, weight });
    else vote.weight += weight;
  }
  const most = Math.max(...[...votes.values()].map(({ weight }) => weight));
  const correction = [...votes.values()].find(({ weight }) => weight === most)?.text;
  const evidence = mergeEvidence(group);
  return {
    kind,
    claim,
    ...(correction === undefined ? {} : { correction }),
    ...(evidence === undefined ? {} : { evidence }),
    by: [...new Set(group.map(({ critic }) => critic))],
  };
}

function mergeEvidence(group: readonly WeighedIssue[]): Issue['evidence'] {
  const given = group.flatMap(({ issue: { evidence }, weight }) =>
    evidence === undefined ? [] : [{ ...evidence, weight }],
  );
  if (given.length === 0) return undefined;
  const boxes = new Map<string, BoxUnit>();
  for (const box of given.flatMap((each) => each.boxes))
    boxes.set([box.x0, box.y0, box.x1, box.y1].join(), box);
  const total = given.reduce((sum, { weight }) => sum + weight, 0);
  const score = given.reduce((sum, each) => sum + each.weight * each.score, 0) / total;
  return { boxes: [...boxes.values()], score };
}

function plain(text: string): string {
  return foldSpace(text).toLowerCase();
}
