/** A stored name that begins with the first text has the second instead, in the model. */
export type NameRule = readonly [stored: string, own: string];

/**
 * The name of a stored weight in the model: the first rule that fits says it; without one it is the stored name.
 *
 * @param rules - of all generations of checkpoints, the longer prefixes first
 */
export function ownName(stored: string, rules: readonly NameRule[]): string {
  const rule = rules.find(([prefix]) => stored.startsWith(prefix));
  return rule === undefined ? stored : rule[1] + stored.slice(rule[0].length);
}
