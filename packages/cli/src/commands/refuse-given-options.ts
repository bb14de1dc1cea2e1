import type { Command } from 'commander';
import { usageError } from '../usage-error.js';

/**
 * Refuses options that would be passed over; those that hold their defaults are not given.
 *
 * @param foreign - names of the options as the action gets them, such as `maxRequests`
 * @param what - what they are not for, such as `a scenes folder`
 * @throws as `usageError`, with all that were given
 */
export function refuseGivenOptions(command: Command, foreign: readonly string[], what: string): void {
  const given = command.options
    .filter((option) => foreign.includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => option.long ?? option.flags);
  if (given.length === 0) return;
  usageError(command, `expected options of ${what}, got ${given.join(', ')}; leave them out`);
}
