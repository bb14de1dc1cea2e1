import type { RolloutRequest } from './collect-rollouts.js';
import type { Policy, PolicyRow } from './policy.js';
import type { Rollout, RolloutRound } from './rollout.js';

/** A row of a batch: what was said about one image, in one trajectory or in several. */
export interface PlannedRow {
  readonly image: PolicyRow['image'];
  readonly parts: readonly {
    /** Index of the trajectory. */
    readonly rollout: number;
    readonly rounds: readonly RolloutRound[];
  }[];
}

/**
 * Questions that are asked together: those of one image, `most` at a time at most and about as many
 * each time, or each alone.
 *
 * @returns indices into the requests
 */
export function questionGroups(requests: readonly RolloutRequest[], most: number): number[][] {
  if (most === 1) return requests.map((_, item) => [item]);
  const ofImage = new Map<RolloutRequest['image'], number[]>();
  for (const [item, { image }] of requests.entries()) {
    const items = ofImage.get(image);
    if (items === undefined) ofImage.set(image, [item]);
    else items.push(item);
  }
  return [...ofImage.values()].flatMap((items) => {
    const count = Math.ceil(items.length / most);
    // Neighbours are often of one kind: each group takes every count-th.
    return Array.from({ length: count }, (_, first) => items.filter((__, at) => at % count === first));
  });
}

/**
 * Rows of trajectories: those of one group of questions share rows, as many in each as the group has questions, where
 * the policy lets them; the image is read once for all of a row. A small group has as many rows as a large one, so that
 * how many rows an iteration has does not depend on the groups that it draws.
 *
 * @param groups - of each trajectory, the group that its question is of
 */
export function planRows(
  rollouts: readonly Rollout[],
  groups: readonly number[],
  {
    rowsOf,
    sizes,
  }: Pick<Policy<unknown>, 'rowsOf'> & {
    /** Questions of each group. */
    readonly sizes: readonly number[];
  },
): PlannedRow[] {
  const alone = rollouts.flatMap(({ image, rounds }, rollout) =>
    rowsOf(rounds).map((together) => ({ image, parts: [{ rollout, rounds: together }] })),
  );
  const open = new Map<number, { image: PlannedRow['image']; parts: PlannedRow['parts'][number][] }>();
  const rows: PlannedRow[] = [];
  for (const { image, parts } of alone) {
    const group = groups[parts[0]?.rollout ?? 0] as number;
    const row = open.get(group);
    if (row !== undefined && row.parts.length < (sizes[group] as number)) {
      row.parts.push(...parts);
      continue;
    }
    const next = { image, parts: [...parts] };
    open.set(group, next);
    rows.push(next);
  }
  return rows;
}

/** All rounds of a row, in its order. */
export function roundsOfRow({ parts }: PlannedRow): RolloutRound[] {
  return parts.flatMap(({ rounds }) => rounds);
}

/** Tokens that the policy wrote in a part of a row. */
export function writtenIn({ rounds }: PlannedRow['parts'][number]): number {
  return rounds.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
