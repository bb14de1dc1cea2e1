import { brokenCard, idLine } from './broken-card.js';
import { type Html, html } from './html.js';
import { kindLabel } from './kind-label.js';
import type { Report, ReportVariant } from './schema.js';
import { headRow, numberCell, scrollingTable } from './table-parts.js';

type Accounting = NonNullable<ReportVariant['accounting']>;
type Round = Accounting['total'];
type Counts = Round['overall'];

/** What rectification did to each variant's answers: the questions that it broke first, open. */
export function loopSection(report: Report): Html | undefined {
  const cards = report.variants.flatMap(({ name, accounting }) =>
    accounting ? [loopCard(name, accounting)] : [],
  );
  if (cards.length === 0) return undefined;
  return html`${brokenCard(report)}<p class="muted">Broken: right before, wrong after. Fixed: wrong before, right after.
Net: fixed minus broken.</p>
${cards}`;
}

function loopCard(name: string, { total, rounds }: Accounting): Html {
  return html`<article class="card">
<h3>${name}</h3>
<p>${verdict(total.overall)}</p>
${bar(total.overall)}
${scrollingTable(`First against final answers, ${name}`, changesTable([['First against final answers', total]]))}
${total.fixedIds.length === 0 ? '' : fixedFold(total.fixedIds)}
${rounds.length === 0 ? '' : roundsFold(name, rounds)}
</article>
`;
}

function verdict({ fixed, broken, unchangedRight, unchangedWrong, net }: Counts): Html {
  const [right, wrong] = [broken + unchangedRight, fixed + unchangedWrong];
  return html`<strong class="bad">${broken} of ${right} right answers became wrong</strong>;
<strong class="good">${fixed} of ${wrong} wrong answers became right</strong>:
net <strong>${signed(net)}</strong> of ${right + wrong}.`;
}

/** The four outcomes as one bar; the sentence above it says the same in words. */
function bar(counts: Counts): Html {
  const parts = [
    ['broken', counts.broken],
    ['fixed', counts.fixed],
    ['still right', counts.unchangedRight],
    ['still wrong', counts.unchangedWrong],
  ] as const;
  const all = questionsOf(counts);
  const shown = parts.filter(([, count]) => count > 0);
  return html`<div class="bar" aria-hidden="true">${shown.map(
    ([name, count]) =>
      html`<i class="${classOf(name)}" style="width:${((100 * count) / all).toFixed(2)}%"></i>`,
  )}</div>
<ul class="key" aria-hidden="true">${parts.map(
    ([name, count]) => html`<li><i class="${classOf(name)}"></i>${count} ${name}</li>`,
  )}</ul>`;
}

function classOf(name: string): string {
  return `bar-${name.replace(' ', '-')}`;
}

function roundsFold(name: string, rounds: readonly Round[]): Html {
  const groups = rounds.map((round) => [`Round ${round.round}, against the round before`, round] as const);
  return html`<details><summary>Round by round</summary>
${scrollingTable(`Changes round by round, ${name}`, changesTable(groups))}
</details>`;
}

function changesTable(groups: readonly (readonly [heading: string, round: Round])[]): Html {
  return html`<table class="changes">
${headRow(['Question kind (type of error)'], ['Broken', 'Fixed', 'Net', 'Still right', 'Still wrong', 'Questions'])}
${groups.map(([heading, round]) => changesGroup(heading, round))}</table>`;
}

function changesGroup(heading: string, { overall, byKind }: Round): Html {
  const kinds = Object.entries(byKind).map(
    ([kind, counts]) => counts && countsRow(kindLabel(kind), counts, 'part'),
  );
  return html`<tbody>
<tr><th scope="rowgroup" colspan="7">${heading}</th></tr>
${countsRow('all', overall, 'sum')}${kinds}</tbody>
`;
}

function countsRow(name: string, counts: Counts, className: 'sum' | 'part'): Html {
  const { broken, fixed, net, unchangedRight, unchangedWrong } = counts;
  return html`<tr class="${className}">
<th scope="row">${name}</th>
${numberCell(broken, broken > 0 ? 'bad' : '')}
${numberCell(fixed, fixed > 0 ? 'good' : '')}
${numberCell(signed(net))}
${[unchangedRight, unchangedWrong, questionsOf(counts)].map((count) => numberCell(count))}
</tr>
`;
}

function questionsOf({ broken, fixed, unchangedRight, unchangedWrong }: Counts): number {
  return broken + fixed + unchangedRight + unchangedWrong;
}

function fixedFold(ids: readonly string[]): Html {
  return html`<details><summary>Wrong answers that became right: ${ids.length}</summary>
${idLine(ids)}
</details>`;
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count).replace('-', '\u2212');
}
