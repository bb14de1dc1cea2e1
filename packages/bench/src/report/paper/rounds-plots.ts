import { type Html, html } from '../html.js';
import { figure } from '../plots-section.js';
import { plotRounds, ROUND_MARKS } from '../plot-rounds.js';
import { headingOf } from '../results-section.js';
import { loopGroups } from './loop-groups.js';
import type { PaperLoop } from './loop-schema.js';
import { roundColumns } from './rounds-table.js';

/** Each metric against the round, a line a system, by group; the key stands over a group's plots. */
export async function roundsPlots(loops: readonly PaperLoop[]): Promise<Html[]> {
  return Promise.all(
    loopGroups(loops).map(async ({ caption, loops: own }) => {
      const systems = own.map(({ variant }) => variant);
      const figures = await Promise.all(
        roundColumns(own).map(async (column) => {
          const points = own.flatMap(({ variant, rounds }) =>
            rounds.flatMap(({ round, metrics }) => {
              const value = metrics[column.metric]?.value;
              return typeof value === 'number' ? [{ system: variant, round, value }] : [];
            }),
          );
          return figure(
            headingOf(column),
            `${column.heading} after each round, ${caption}; the numbers are in the table below`,
            await plotRounds(systems, points),
          );
        }),
      );
      const key = systems.map((system, place) => {
        const { colour, sign } = ROUND_MARKS[place % ROUND_MARKS.length] ?? ROUND_MARKS[0];
        return html`<li><span aria-hidden="true" style="color:${colour}">${sign}</span> ${system}</li>`;
      });
      return html`<h3>${caption}</h3>
<ul class="key">${key}</ul>
<div class="plots">${figures}</div>`;
    }),
  );
}
