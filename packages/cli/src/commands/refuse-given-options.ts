import { FgamError } from '@fgam/data';
import type { Command } from 'commander';

/**
 * Refuses options that would be passed over; those that hold their defaults are not given.
 *
 * @param foreign - names of the options as the action gets them, such as `maxRequests`
 * @param what - what they are not for, such as `a scenes folder`
 * @throws FgamError `data/bad-config` that lists all that were given
 */
export function refuseGivenOptions(command: Command, foreign: readonly string[], what: string): void {
  const given = command.options
    .filter((option) => foreign.includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => option.long ?? option.flags);
  if (given.length === 0) return;
  throw new FgamError(
    'data/bad-config',
    `${command.parent?.name() === 'data' ? 'fgam data' : 'fgam'} ${command.name()}: expected options of ${what}, got ${given.join(', ')}; leave them out`,
  );
}
