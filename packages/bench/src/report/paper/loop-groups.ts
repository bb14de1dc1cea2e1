import type { PaperLoop } from './loop-schema.js';
import type { PaperCell } from './paper-tables.js';
import { captionOf, groupsOf } from './paper-groups.js';

/** Loops that are held against each other. */
export interface LoopGroup {
  readonly caption: string;
  readonly loops: readonly PaperLoop[];
}

/** Loops by family, critic and scale, with what each group is of. */
export function loopGroups(loops: readonly PaperLoop[]): LoopGroup[] {
  return groupsOf(loops).map(({ terms, members }) => ({
    caption: captionOf({ ...terms, seeds: Math.max(...members.map(({ seeds }) => seeds.length)) }),
    loops: members,
  }));
}

/** The first columns of a loop's tables: which system, and after how many rounds; 0 is first answers. */
export const ROUND_HEAD = ['System', 'Rounds'] as const;

/** A row's cells below {@link ROUND_HEAD}. */
export function roundCells(system: string, round: number): PaperCell[] {
  return [{ text: system }, { text: String(round), sort: round }];
}
