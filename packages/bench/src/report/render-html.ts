import { columnsOf, rowsOf } from './columns.js';
import { comparisonsSection } from './comparisons-section.js';
import { embedImages } from './embed-images.js';
import { examplesSection } from './examples-section.js';
import { type Html, html } from './html.js';
import { htmlPage } from './html-page.js';
import { loopSection } from './loop-section.js';
import { CORRECTIONS_ID } from './paper/corrections-table.js';
import type { PaperData } from './paper/paper-schema.js';
import { paperSection } from './paper/paper-section.js';
import { paperTables } from './paper/paper-tables.js';
import { curvesSection, plotsSection } from './plots-section.js';
import { resultsSection } from './results-section.js';
import { parseReport, type Report } from './schema.js';
import { SORT_SCRIPT } from './sort-script.js';
import { headRow, scrollingTable } from './table-parts.js';

/**
 * A report as one HTML page that needs no other file and no network: what the loop broke and fixed, results
 * with intervals, the paper's tables and figures that there are data of, plots, paired comparisons,
 * examples round by round. All text is escaped; the one script is this package's own and sorts tables.
 *
 * @throws FgamError `bench/bad-report` where the report has another form or an image can't be read
 * @example
 * ```ts
 * import { renderHtml } from '@fgam/bench';
 *
 * const empty = { provenance: { seed: 7 }, variants: [], curves: [], comparisons: [], examples: [] };
 * const page = await renderHtml({ title: '<b>Run</b>', generatedAt: '2026-01-01', ...empty });
 * if (!page.includes('<h1>&lt;b&gt;Run&lt;/b&gt;</h1>')) throw new Error('no title, or not escaped');
 * ```
 */
export async function renderHtml(report: Report): Promise<string> {
  const whole = await embedImages(parseReport(report));
  const [columns, rows] = [columnsOf(whole), rowsOf(whole)];
  const paper = await paperSections(whole.paper ?? {});
  const sections: readonly Section[] = [
    // A right answer that became wrong is the first thing a report shows.
    ['loop', 'What the loop broke, and what it fixed', loopSection(whole)],
    ...paper.filter(([id]) => id === CORRECTIONS_ID),
    ['results', 'Results', resultsSection(whole)],
    ...paper.filter(([id]) => id !== CORRECTIONS_ID),
    ['plots', 'Metrics by variant', await plotsSection(columns, rows)],
    ['curves', 'Loss curves', await curvesSection(whole)],
    ['comparisons', 'Paired comparisons', comparisonsSection(whole)],
    ['examples', 'Examples, round by round', await examplesSection(whole)],
    ['provenance', 'Provenance', provenanceTable(whole)],
  ];
  return pageOf(
    whole,
    sections.filter(([, , content]) => content !== undefined),
  ).markup;
}

async function paperSections(data: PaperData): Promise<Section[]> {
  return Promise.all(
    paperTables(data).map(
      async (table) => [table.id, table.heading, await paperSection(table, data)] as const,
    ),
  );
}

/** Anchor, heading, content; without content the report has nothing of the kind. */
type Section = readonly [id: string, heading: string, content: Html | undefined];

function pageOf({ title, generatedAt }: Report, sections: readonly Section[]): Html {
  return htmlPage(
    title,
    html`<header>
<h1>${title}</h1>
<p class="muted">Generated <time>${generatedAt}</time></p>
<nav aria-label="Sections"><ul>${sections.map(([id, heading]) => html`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ([id, heading, content]) => html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${content}
</section>
`,
)}</main>`,
    SORT_SCRIPT,
  );
}

function provenanceTable({ provenance }: Report): Html | undefined {
  const entries = Object.entries(provenance);
  if (entries.length === 0) return undefined;
  return scrollingTable(
    'What the numbers depend on',
    html`<table class="provenance">
${headRow(['What', 'Value'], [])}
<tbody>${entries.map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${String(value)}</td></tr>`)}</tbody>
</table>`,
  );
}
