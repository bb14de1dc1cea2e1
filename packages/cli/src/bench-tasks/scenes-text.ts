import type { RoundAccounting } from '@fgam/bench';
import type { ScenesResult } from './run-scenes.js';
import { scoreTable } from './score-rows.js';

/**
 * A result of the scene suite for people: the table, answers without the form asked for, what
 * the loop fixed and broke.
 */
export function scenesText({ images, questions, rows, faults, accounting }: ScenesResult): string {
  const unparsable = faults.first.unparsable.length;
  const later = faults.loop?.unparsable.length ?? 0;
  return [
    `${questions} questions about ${images} images`,
    scoreTable(rows),
    ...(unparsable + later > 0
      ? [`not of the form asked for, counted as wrong: ${unparsable} first answers, ${later} after the loop`]
      : []),
    ...(accounting ? [...accounting.rounds, accounting.total].map(roundText) : []),
  ].join('\n');
}

function roundText({ round, overall }: RoundAccounting): string {
  const { broken, fixed, unchangedRight, unchangedWrong, net } = overall;
  const name = round === 'total' ? 'all rounds' : `round ${round}`;
  return `${name}: broken ${broken}, fixed ${fixed}, still right ${unchangedRight}, still wrong ${unchangedWrong}, net ${net}`;
}
