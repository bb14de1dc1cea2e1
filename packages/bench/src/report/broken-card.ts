import { exampleAnchor } from './examples-section.js';
import { type Html, html } from './html.js';
import type { Report, ReportExample, ReportVariant } from './schema.js';

/** Broken questions of a variant that are shown open; the rest lie in a fold. */
const OPEN = 20;
/** Ids of one list that the page holds; all of them are in report.json. */
const MAX_IDS = 100;

/** The questions that loops broke, by variant: right at first, wrong in the end. */
export function brokenCard({ variants, examples }: Report): Html {
  return html`<article class="card">
<h3>Right answers that became wrong</h3>
${variants.map(({ name, accounting }) => accounting && brokenList(name, accounting, examples))}</article>
`;
}

/** Ids in a line, as many as a page holds. */
export function idLine(ids: readonly string[]): Html {
  const rest = ids.length - MAX_IDS;
  const more = rest > 0 ? `and ${rest} more: see report.json` : '';
  return html`<p class="ids">${ids.slice(0, MAX_IDS).map((id) => html`<code>${id}</code> `)}${more}</p>`;
}

type Accounting = NonNullable<ReportVariant['accounting']>;

function brokenList(name: string, { total }: Accounting, examples: Report['examples']): Html {
  const { broken, unchangedRight } = total.overall;
  const right = broken + unchangedRight;
  if (broken === 0)
    return html`<p>${name}: nothing broke; none of ${right} right answers became wrong.</p>
`;
  const told = new Map(
    examples.flatMap((example, place) =>
      example.variant === name ? [[example.trajectory.id, brokenExample(example, place)] as const] : [],
    ),
  );
  // Those that can be told whole come first, so that a long list does not fold them away.
  const ordered = total.brokenIds.toSorted((a, b) => Number(told.has(b)) - Number(told.has(a)));
  const [open, folded] = [ordered.slice(0, OPEN), ordered.slice(OPEN)];
  return html`<p>${name}: <strong class="bad">${broken} of ${right} right answers became wrong</strong></p>
<ul class="broken">${open.map((id) => html`<li><code>${id}</code>${told.get(id)}</li>`)}</ul>
${folded.length === 0 ? '' : html`<details><summary>${folded.length} more that became wrong</summary>${idLine(folded)}</details>`}
`;
}

/** What was asked, and what became of the answer; its whole story is among the examples. */
function brokenExample({ question, answer, trajectory }: ReportExample, place: number): Html {
  const first = trajectory.attempts[0]?.response ?? '';
  return html` <a href="#${exampleAnchor(place)}">${question}</a> <q>${first}</q>
<span aria-hidden="true">→</span><span class="unseen">became</span> <q>${trajectory.final}</q>; true: <q>${answer}</q>`;
}
