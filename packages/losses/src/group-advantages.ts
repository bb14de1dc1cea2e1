import { FgamError } from './error.js';

/** Keeps the division finite where all of a group earned the same. */
const EPSILON = 1e-4;

/**
 * GRPO's advantages: each response against the others of the same question, (R - mean) / (std + 1e-4) within its group.
 *
 * @param rewards - R, one a response
 * @param groups - the question that each response answers
 * @param options - `scale` false leaves out the division (it weighs questions by how alike their rewards
 * are: Dr. GRPO). Default true
 * @returns one a response; 0 for a group of one, and where all of a group earned the same
 * @throws FgamError `losses/bad-shape` where the two differ in length
 * @see Shao et al. 2024 (DeepSeekMath, arXiv 2402.03300), section 4.1.2, which does not say
 * whether std is the sample's (n - 1); the population's is taken. Liu et al. 2025 (arXiv 2503.20783) for `scale`
 * @example
 * ```ts
 * import { groupAdvantages } from '@fgam/losses';
 *
 * // Two responses to question a and one, alone, to b. Mean and spread of a are 1/2 each.
 * const advantages = groupAdvantages([1, 0, 3], ['a', 'a', 'b']);
 * const rounded = Array.from(advantages, (each) => each.toFixed(3));
 * if (rounded.join() !== '1.000,-1.000,0.000') throw new Error(rounded.join());
 * ```
 */
export function groupAdvantages(
  rewards: readonly number[],
  groups: readonly string[],
  options: { readonly scale?: boolean } = {},
): Float32Array {
  const { scale = true } = options;
  if (rewards.length !== groups.length)
    throw new FgamError(
      'losses/bad-shape',
      `groupAdvantages: expected one group a reward, got ${groups.length} groups and ${rewards.length} rewards; name the question of each response`,
    );
  const members = new Map<string, number[]>();
  groups.forEach((group, row) => {
    const rows = members.get(group);
    if (rows === undefined) members.set(group, [row]);
    else rows.push(row);
  });
  const advantages = new Float32Array(rewards.length);
  for (const rows of members.values()) {
    const earned = rows.map((row) => rewards[row] as number);
    const mean = earned.reduce((a, b) => a + b) / earned.length;
    const spread = Math.sqrt(earned.reduce((sum, x) => sum + (x - mean) ** 2, 0) / earned.length);
    for (const row of rows)
      advantages[row] = ((rewards[row] as number) - mean) / (scale ? spread + EPSILON : 1);
  }
  return advantages;
}
