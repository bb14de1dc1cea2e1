import { FgamError } from '@fgam/data';
import type { Command } from 'commander';

/** Adds a planned command that says it is not in this version and ends with exit code 1. */
export function addLaterCommand(parent: Command, name: string, description: string): void {
  parent
    .command(name)
    .description(`${description} (not in this version)`)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new FgamError<'fgam/not-available'>(
        'fgam/not-available',
        `${parent.parent === null ? '' : 'fgam '}${parent.name()} ${name} is not in this version; docs/roadmap.md says when it comes`,
      );
    });
}
