import { trainerError } from '../error.js';
import type { Rollout } from './rollout.js';

/** Which question each trajectory answers. */
export function itemsOfRollouts(
  rollouts: readonly Rollout[],
  itemOf: ReadonlyMap<string, number>,
  { name, algorithm }: { readonly name: string; readonly algorithm?: 'ppo' | 'grpo' },
): number[] {
  const items = rollouts.flatMap(({ group }) => itemOf.get(group) ?? []);
  const faults: string[] = [];
  if (items.length < rollouts.length)
    faults.push(
      `${rollouts.length - items.length} trajectories whose group is no request's id; name it as group`,
    );
  if (algorithm === 'grpo' && new Set(items).size === items.length)
    faults.push('one trajectory of each question; GRPO compares several: sample at least 2');
  if (faults.length > 0)
    throw trainerError(
      'trainer/bad-rollouts',
      `${name}: expected rollouts of the requests, got ${faults.join(', and ')}`,
    );
  return items;
}
