import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, isChromiumAbsent, launchChromium, openTab, type Tab } from '../chromium.test-support.js';
import { hostileReport } from './hostile-report.test-support.js';
import { sampleReport } from './sample-report.test-support.js';
import type { Report } from './schema.js';
import { writeReport } from './write-report.js';

describe.skipIf(isChromiumAbsent)(`the report's page in a browser (needs ${CHROMIUM})`, () => {
  let browser: Browser;
  let tab: Tab;
  let folder: string;
  let report: Report;
  let pages: Readonly<Record<'plain' | 'hostile', string>>;
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-page-'));
    // The ninth image has a question that the loop of the examples breaks.
    report = await sampleReport({ images: 9 });
    const plain = await writeReport(join(folder, 'plain'), report);
    const hostile = await writeReport(join(folder, 'hostile'), hostileReport(report));
    pages = { plain: pathToFileURL(plain.html).href, hostile: pathToFileURL(hostile.html).href };
    browser = await launchChromium();
    tab = await openTab(browser);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await browser.close();
  });

  const open = async (
    address: string,
    width: number,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Page> => {
    const page = await tab.renew({ viewport: { width, height: 900 }, colorScheme });
    troubles.length = 0;
    page.on('console', (message) => troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:'))
        troubles.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    return page;
  };
  const overflowOf = (page: Page): Promise<number> =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  const openFolds = (page: Page): Promise<unknown> =>
    page.evaluate('document.querySelectorAll("details").forEach((fold) => { fold.open = true; })');

  test('shows every row, plot and image, and asks for nothing', async () => {
    const page = await open(pages.plain, 1280);
    expect(await page.title()).toBe(report.title);
    expect(await page.locator('.results tbody tr').count()).toBe(2 * report.variants.length);
    expect(await page.locator('#comparisons tbody tr').count()).toBe(report.comparisons.length);
    expect(await page.locator('#provenance tbody tr').count()).toBe(Object.keys(report.provenance).length);
    expect(await page.locator('#curves svg').count()).toBe(report.curves.length);
    const widths = await page.evaluate<number[]>('[...document.images].map((image) => image.naturalWidth)');
    expect(widths).toEqual(report.examples.map(() => 64));
    const boxes = report.examples.reduce((sum, example) => sum + example.boxes.length, 0);
    expect(await page.locator('rect.box').count()).toBe(boxes);
    expect(troubles).toEqual([]);
  });

  test('questions that the loop broke are in sight before any other number, folds closed', async () => {
    const page = await open(pages.plain, 1280);
    expect(await page.locator('main > section').first().getAttribute('id')).toBe('loop');
    const { name = '', accounting } = report.variants.find((each) => each.accounting?.brokenIds.length) ?? {};
    const [id = ''] = accounting?.brokenIds ?? [];
    const card = page.locator('#loop article').first();
    expect(await card.locator('code', { hasText: id }).first().isVisible()).toBe(true);
    expect(await card.innerText()).toContain(`${name}: ${accounting?.brokenIds.length} of`);
    const link = card.getByRole('link').first();
    await link.click();
    const story = page.locator(`article${await link.getAttribute('href')}`);
    expect(await story.locator('h3').innerText()).toContain('broken by the loop');
    expect(troubles).toEqual([]);
  });

  test('the tables and figures of the paper, ours beside its own', async () => {
    const page = await open(pages.plain, 1280);
    for (const id of ['table-1', 'table-2', 'figure-1', 'figure-2', 'table-3', 'table-4', 'table-5'])
      expect(await page.locator(`#${id}`).count(), id).toBe(1);
    // Two families of seven metrics that scenes stand in with.
    expect(await page.locator('#figure-1 svg').count()).toBe(14);
    const cells = (table: number, row: string) =>
      page
        .locator('#table-2 table')
        .nth(table)
        .locator('tr', { hasText: row })
        .locator('.reported')
        .allInnerTexts();
    expect(await cells(0, 'spatial relations')).toEqual(['', '69.4', '', '+2.1']);
    expect(await cells(1, 'spatial relations')).toEqual(['', '', '', '']);
    expect(await page.locator('#table-3 tbody tr', { hasText: 'reasoning' }).innerText()).toContain('50 %');
    expect(troubles).toEqual([]);
  });

  test('what seeds came to: rounds as lines, errors and latency beside the paper, corrections, critics', async () => {
    const page = await open(pages.plain, 1280);
    await openFolds(page);
    const captions = await page.locator('#rounds h3').allInnerTexts();
    const [own, bound] = ['critic: module', 'critic: oracle (sees the truth: a bound)'].map(
      (critic) => `compact LLaVA, ${critic}; 2 seeds, scale tables`,
    );
    // Over the plots, and again over the numbers.
    expect(captions).toEqual([own, bound, own, bound]);
    expect(await page.locator('#rounds svg').count()).toBe(2);
    const row = (section: string, table: number, text: string) =>
      page.locator(`#${section} table`).nth(table).locator('tbody tr', { hasText: text }).last().innerText();
    expect(await row('table-3', 1, 'object')).toMatch(
      /^object\s+0\.290\s+± 0\.127\s+68 %\s+2\.0 %\s+± 25\.4 %\s+62\.0 %/,
    );
    expect(await row('corrections', 0, 'full FGAM')).toMatch(/full FGAM\s+2\s+22 \/ 4/);
    expect(await row('critics', 0, 'full FGAM')).toMatch(
      /with thresholds\s+0\.60 \/ 0\.30\s+± 1\.27 \/ 1\.27; 30 of 50 \/ of 90\s+n\/a \/ 0\.00\s+± – \/ 0\.00; 0 of 0 \/ of 40/,
    );
    expect(await row('table-4', 1, 'full FGAM')).toMatch(
      /2\s+4\.50\s+± 19\.1\s+3\.00\s+± 0\.00\s+610\s+4\.1/,
    );
    // Every cell has its heading.
    const uneven = await page.evaluate<number>(
      `[...document.querySelectorAll('table.paper')].filter((table) =>
        [...table.tBodies[0].rows].some((row) => row.cells.length !== table.tHead.rows[0].cells.length),
      ).length`,
    );
    expect(uneven).toBe(0);
    expect(await page.locator('#rounds thead').first().innerText()).toMatch(
      /System\s+Rounds\s+Existence accuracy/,
    );
    // By net corrections.
    const table = page.locator('#corrections table').first();
    await table.getByRole('button', { name: 'all' }).click();
    expect(await table.locator('tbody tr').first().innerText()).toContain('11 / 2');
    const nameless = await page.evaluate<number>(
      `[...document.querySelectorAll('button, a, summary, [role=img], [role=region]')].filter(
        (each) => (each.getAttribute('aria-label') ?? each.textContent).trim() === '',
      ).length`,
    );
    expect(nameless).toBe(0);
    expect(troubles).toEqual([]);
  });

  test('landmarks have names of their own, and a plot speaks by its figure alone', async () => {
    const page = await open(pages.plain, 1280);
    await openFolds(page);
    const names = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[role=region], section[aria-labelledby]')].map((each) =>
        each.getAttribute('aria-label') ?? document.getElementById(each.getAttribute('aria-labelledby')).textContent,
      )`,
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
    const plots = page.locator('figure.plot svg');
    expect(await plots.count()).toBeGreaterThan(20);
    expect(await page.locator('figure.plot [role=img] > svg:not([aria-hidden=true])').count()).toBe(0);
  });

  test('tables are sorted by pressing a heading, by keyboard too', async () => {
    const page = await open(pages.plain, 1280);
    const table = page.locator('#table-3 table').first();
    const column = async (place: number) => {
      const texts = await table.locator(`tbody tr > :nth-child(${place})`).allInnerTexts();
      return texts.map((text) => Number.parseFloat(text));
    };
    const head = table.locator('thead th').nth(1);
    const before = await column(2);
    await head.getByRole('button').press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect(await column(2)).toEqual(before.toSorted((a, b) => a - b));
    await head.getByRole('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect(await column(2)).toEqual(before.toSorted((a, b) => b - a));
    // Words by the alphabet; the other column's mark is gone.
    await table.getByRole('button', { name: 'Error' }).click();
    expect(await table.locator('[aria-sort]').count()).toBe(1);
    const names = await table.locator('tbody th').allInnerTexts();
    expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b)));
    // What a foot says stays below.
    const systems = page.locator('#table-5 table');
    await systems.getByRole('button', { name: 'System' }).click();
    await systems.getByRole('button', { name: 'System' }).click();
    expect(await systems.locator('tr').last().innerText()).toContain('alpha');
    // A variant's rows stay together.
    const results = page.locator('.results');
    await results.getByRole('button', { name: 'Variant' }).click();
    await results.getByRole('button', { name: 'Variant' }).click();
    const variants = await results.locator('th[scope=rowgroup]').allInnerTexts();
    expect(variants.map((text) => text.split('\n')[0])).toEqual(['rtcl', 'full', 'baseline']);
    expect(await results.locator('tbody').first().locator('tr').count()).toBe(2);
    expect(troubles).toEqual([]);
  });

  test.each([390, 1280])('does not scroll sideways at %i px, folds open', async (width) => {
    const page = await open(pages.plain, width);
    await openFolds(page);
    expect(await overflowOf(page)).toBe(0);
  });

  test('follows the colour scheme', async () => {
    const shades: number[] = [];
    const page = await open(pages.plain, 1280);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      shades.push(Number(/\d+/.exec(colour)?.[0]));
    }
    expect(shades[0]).toBeGreaterThan(200);
    expect(shades[1]).toBeLessThan(50);
  });

  test('hostile text stays text, on a phone too', async () => {
    const page = await open(pages.hostile, 390);
    await openFolds(page);
    // The page's own.
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.locator('img').count()).toBe(report.examples.length);
    expect(await page.locator('h1').innerText()).toContain('<script>alert(2)</script>');
    expect(await overflowOf(page)).toBe(0);
    expect(troubles).toEqual([]);
  });
});
