import type { Command } from 'commander';
import { addLaterCommand } from './add-later-command.js';

/** Adds the commands that are planned but not in this version; they say so and exit with 1. */
export function addLaterCommands(program: Command): void {
  addLaterCommand(program, 'export', 'data for engines that train bigger models on clusters');
}
