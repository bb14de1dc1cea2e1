import { FgamError } from '@fgam/data';
import type { Command } from 'commander';

/** Commands of the plan that this version does not have; they say so and exit with 1. */
const LATER: readonly (readonly [name: string, description: string])[] = [
  ['serve', 'OpenAI-compatible server that rectifies any upstream model'],
  ['view', 'web page: regions on images, relations, trajectories round by round'],
  ['human-eval', 'blind rating page, agreement statistics'],
  ['export', 'data for engines that train bigger models on clusters'],
];

/** Adds the commands that are planned but not in this version. */
export function addLaterCommands(program: Command): void {
  for (const [name, description] of LATER) {
    program
      .command(name)
      .description(`${description} (not in this version)`)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new FgamError<'fgam/not-available'>(
          'fgam/not-available',
          `fgam ${name} is not in this version; docs/roadmap.md says when it comes`,
        );
      });
  }
}
