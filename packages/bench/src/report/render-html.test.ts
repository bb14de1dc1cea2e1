import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { HOSTILE, hostileReport } from './hostile-report.test-support.js';
import { renderHtml } from './render-html.js';
import { emptyReport, sampleReport } from './sample-report.test-support.js';
import type { Report } from './schema.js';
import { SORT_SCRIPT } from './sort-script.js';

const report = await sampleReport();
const page = await renderHtml(report);
/** What a reader sees of a piece of the page, in one line. */
const textOf = (markup: string): string =>
  markup
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
const sectionOf = (markup: string, id: string): string =>
  new RegExp(`<section id="${id}"[^]*?</section>`).exec(markup)?.[0] ?? '';
/** The page without the one script that is its own. */
const withoutOwnScript = (markup: string): string => markup.replace(`<script>${SORT_SCRIPT}</script>`, '');
const metric = (value: number | null) => ({ value, n: 40, interval: null });

test('text of every field is escaped', async () => {
  const hostile = withoutOwnScript(await renderHtml(hostileReport(report)));
  expect(hostile).not.toMatch(/<script|<img src=x|<\/textarea|onerror="/i);
  expect(hostile.match(/<\/style>/g)).toHaveLength(1);
  // Nothing of it opened or closed an element: the same elements as with harmless texts.
  const shape = (markup: string): string[] =>
    markup.match(/<\/?(?:section|article|h[1-3]|figure|img)\b/g) ?? [];
  expect(shape(hostile).filter((tag) => tag === '<img')).toHaveLength(report.examples.length);
  expect(shape(sectionOf(hostile, 'examples')).length).toBe(shape(sectionOf(page, 'examples')).length);
  expect(hostile.split('&lt;script&gt;').length).toBeGreaterThan(50);
  expect(hostile).toContain('&lt;/script&gt;&lt;/style&gt;');
  expect(HOSTILE).toContain('</script>');
});

test('nothing is loaded, and no script may run but the one that sorts', () => {
  const hash = createHash('sha256').update(SORT_SCRIPT).digest('base64');
  expect(page).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-${hash}&#39;">`,
  );
  expect(withoutOwnScript(page)).not.toMatch(
    /https?:|<script|<link|@import|url\(|\ssrcset=|<iframe|<object/i,
  );
  const sources = [...page.matchAll(/\s(?:src|href|xlink:href)="([^"]*)"/g)].map(
    ([, target]) => target ?? '',
  );
  expect(sources.filter((target) => !/^#|^data:image\/png;base64,/.test(target))).toEqual([]);
});

test('a column has its best, higher or lower, and equal values share it', async () => {
  const metricsOf = (accuracy: number, falseObjects: number | null) => ({
    'spatial.accuracy': metric(accuracy),
    'caption.objectHallucination': metric(falseObjects),
  });
  const rows = [metricsOf(0.5, 0.1), metricsOf(0.75, 0.3), metricsOf(0.75, null)];
  const variants = rows.map((metrics, index) => ({ name: `v${index}`, description: '', steps: 1, metrics }));
  const markup = sectionOf(await renderHtml({ ...emptyReport, variants }), 'results');
  const best = [...markup.matchAll(/<td class="number best">[^]*?<\/td>/g)].map(([cell]) => textOf(cell));
  expect(best).toEqual(['★ best 0.100', '★ best 0.750', '★ best 0.750']);
  expect(markup).toContain('n/a');
  expect(textOf(markup)).toContain('False objects&nbsp; ↓ (lower is better)');
});

const sectionsOf = (markup: string): (string | undefined)[] =>
  [...markup.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);

test('right answers that became wrong are the first thing on the page, open', () => {
  expect(sectionsOf(page).slice(0, 3)).toEqual(['loop', 'corrections', 'results']);
  const [beforeFold = ''] = page.slice(page.indexOf('<main>')).split('<details');
  const [first = ''] = /<article[^]*?<\/article>/.exec(beforeFold) ?? [];
  expect(textOf(first)).toMatch(/^Right answers that became wrong baseline: \d+ of \d+ right answers/);
  for (const { accounting } of report.variants)
    for (const id of accounting?.brokenIds ?? []) expect(first).toContain(`<li><code>${id}</code>`);
  // Before anything that was fixed.
  expect(beforeFold.indexOf(first)).toBeLessThan(beforeFold.search(/became right|Fixed:/));
});

test('a broken question that is an example is told, and leads to its story', () => {
  const place = report.examples.findIndex(({ right }) => right?.attempts[0] === true && !right.final);
  const { question = '', trajectory } = report.examples[place] ?? {};
  const section = sectionOf(page, 'loop');
  expect(section).toContain(`<a href="#example-${place}">${question}</a>`);
  expect(textOf(section)).toContain(`${trajectory?.attempts[0]?.response} → became ${trajectory?.final}`);
  const card = new RegExp(`id="example-${place}"[^]*?</article>`).exec(page)?.[0] ?? '';
  expect(card).toContain('broken by the loop');
});

/** A report of loops that broke so many answers of 30 that were right. */
const reportOfBroken = (counts: readonly number[]): Report => ({
  ...emptyReport,
  variants: counts.map((broken, variant) => {
    const overall = { broken, fixed: 0, unchangedRight: 30 - broken, unchangedWrong: 0, net: -broken };
    const brokenIds = Array.from({ length: broken }, (_, index) => `${variant}/${index}`);
    const total = { brokenIds, fixedIds: [], round: 'total' as const, overall, byKind: {} };
    return {
      ...{ name: `v${variant}`, description: '', metrics: { 'spatial.accuracy': metric(0.5) } },
      accounting: { brokenIds, total, rounds: [] },
    };
  }),
});

test('a long list of broken questions folds after twenty; a loop that broke nothing says so', async () => {
  const section = sectionOf(await renderHtml(reportOfBroken([0, 20, 23])), 'loop');
  const [none = '', twenty = '', more = ''] = (/<article[^]*?<\/article>/.exec(section)?.[0] ?? '').split(
    /<p>(?=v[12]:)/,
  );
  expect(textOf(none)).toContain('v0: nothing broke; none of 30 right answers became wrong.');
  expect(twenty.match(/<li>/g)).toHaveLength(20);
  expect(twenty).not.toContain('<details');
  const [open = '', folded = ''] = more.split('<details>');
  expect(open.match(/<li>/g)).toHaveLength(20);
  expect(textOf(folded)).toMatch(/^3 more that became wrong 2\/20 2\/21 2\/22$/);
});

test('without a loop, results come first and none of its sections is there', async () => {
  const { paper, ...others } = report;
  const variants = report.variants.map(({ name, description, metrics }) => ({ name, description, metrics }));
  const ids = sectionsOf(await renderHtml({ ...others, variants, paper: { ...paper, loops: [] } }));
  expect(ids.slice(0, 2)).toEqual(['results', 'table-1']);
  expect(ids).not.toContain('loop');
  expect(ids).not.toContain('corrections');
});

test('says what was broken before what was fixed, by kind and round', () => {
  const section = sectionOf(page, 'loop');
  report.variants.forEach(({ name, accounting }, index) => {
    // The first card has the broken questions of all.
    const card = section.match(/<article[^]*?<\/article>/g)?.[index + 1] ?? '';
    const counts = accounting?.total.overall;
    if (!counts) throw new Error('no accounting');
    const { broken, fixed, unchangedRight, unchangedWrong, net } = counts;
    expect(textOf(card)).toContain(
      `${name} ${broken} of ${broken + unchangedRight} right answers became wrong ; ` +
        `${fixed} of ${fixed + unchangedWrong} wrong answers became right : net +${net} of`,
    );
    expect(textOf(card)).toContain(
      'Question kind (type of error) Broken Fixed Net Still right Still wrong Questions',
    );
    const [, round = ''] = card.split('Round 2, against the round before');
    for (const kind of ['existence (object)', 'spatial (relation)', 'attribute', 'reasoning', 'grounding'])
      expect(round).toContain(`<th scope="row">${kind}</th>`);
    for (const id of accounting.total.fixedIds.slice(0, 100)) expect(card).toContain(`<code>${id}</code>`);
  });
  const outcomes = sectionOf(page, 'examples').match(
    /(?:broken|fixed) by the loop|right throughout|wrong to the end/g,
  );
  expect(outcomes?.slice(0, 2)).toEqual(['broken by the loop', 'broken by the loop']);
});

test('an interval that includes 0 shows no difference; which way is better depends on the metric', async () => {
  const compare = (metricName: string, low: number, high: number): Report['comparisons'][number] => ({
    baseline: 'a',
    variant: 'b',
    metric: metricName,
    difference: (low + high) / 2,
    interval: [low, high],
    n: 10,
  });
  const comparisons = [
    compare('spatial.accuracy', 0.1, 0.3),
    compare('spatial.accuracy', -0.3, -0.1),
    compare('spatial.accuracy', -0.1, 0.3),
    compare('spatial.accuracy', 0, 0.3),
    compare('caption.objectHallucination', 0.1, 0.3),
    compare('existence.yesRatio', 0.1, 0.3),
  ];
  const markup = sectionOf(await renderHtml({ ...emptyReport, comparisons }), 'comparisons');
  const verdicts = [...markup.matchAll(/<span class="badge [^"]*">([^<]+)</g)].map(([, words]) => words);
  expect(verdicts).toEqual([
    'better',
    'worse',
    ...Array<string>(2).fill('no difference shown'),
    'worse',
    'higher',
  ]);
  expect(textOf(markup)).toContain('\u22120.200 \u22120.300 to \u22120.100');
});

test('headings are in order, header cells say what they head, images have a text', () => {
  const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  expect(levels[0]).toBe(1);
  levels.slice(1).forEach((level, index) => expect(level - (levels[index] ?? 0)).toBeLessThanOrEqual(1));
  expect(page.match(/<th(?![^>]*scope=)[ >]/g)).toBeNull();
  expect(page.match(/<img(?![^>]*alt="[^"]+")/g)).toBeNull();
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a report of nothing is a page without sections', async () => {
  const empty = await renderHtml(emptyReport);
  expect(empty).not.toContain('<section');
  expect(empty).toContain('<h1>Empty</h1>');
});
