import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Question,
  readQuestions,
  readScenes,
  type RegionSample,
  type Trajectory,
  writeScenes,
} from '@fgam/data';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, isChromiumAbsent, launchChromium, openTab, type Tab } from '../chromium.test-support.js';
import { answersSource } from './answers-source.js';
import { samplesSource } from './samples-source.js';
import { serveView, type ViewServer } from './serve-view.js';

const HOSTILE =
  '<img src=x onerror="alert(1)"><script>alert(2)</script></script><svg onload=alert(3)>"\'`${alert(4)}‮\u0000';

describe.skipIf(isChromiumAbsent)(`the viewer's page in a browser (needs ${CHROMIUM})`, () => {
  let browser: Browser;
  let tab: Tab;
  let folder: string;
  let samples: readonly RegionSample[];
  let questions: readonly Question[];
  const servers: Record<string, ViewServer> = {};
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-view-page-'));
    await writeScenes({ out: folder, count: 4, seed: 1, split: 'train' });
    ({ samples } = await readScenes(folder));
    questions = await readQuestions(join(folder, 'questions.jsonl'));
    const [first] = samples;
    if (!first) throw new Error('no scenes');
    const hostile: RegionSample = {
      ...first,
      id: HOSTILE,
      caption: HOSTILE,
      regions: first.regions.map((region) => ({
        ...region,
        ...{ label: HOSTILE, description: `${HOSTILE} ${'endless'.repeat(60)}`, source: HOSTILE },
        provenance: { detector: HOSTILE, weightsSha256: HOSTILE, thresholds: {}, prompt: HOSTILE },
      })),
    };
    const many = Array.from({ length: 100_000 }, (_, index) => {
      const label = ['cup', 'dog', 'tree'][index % 3] ?? '';
      const [region] = first.regions;
      return { ...first, id: `sample-${index}`, regions: region ? [{ ...region, label }] : [] };
    });
    const evil: Trajectory = {
      id: HOSTILE,
      image: first.image,
      question: HOSTILE,
      attempts: [
        {
          response: HOSTILE,
          feedback: {
            verdict: 'revise',
            text: HOSTILE,
            issues: [
              {
                ...{ kind: 'object', claim: HOSTILE, correction: HOSTILE, by: [HOSTILE] },
                evidence: { boxes: [{ x0: 0.1, y0: 0.1, x1: 0.5, y1: 0.5 }], score: 0.3 },
              },
            ],
          },
        },
        { response: `${HOSTILE} indeed`, feedback: { verdict: 'accept' } },
      ],
      final: HOSTILE,
      stop: 'accepted',
    };
    const stories = questions.map(
      ({ id, question, answer, sample }): Trajectory => ({
        ...{ id, question, image: samples.find((each) => each.id === sample)?.image ?? '' },
        attempts: [
          { response: `not ${answer}`, feedback: { verdict: 'revise', issues: [], text: 'look again' } },
          { response: answer, feedback: { verdict: 'accept', confidence: 0.9 } },
        ],
        final: answer,
        stop: 'accepted',
      }),
    );
    const sources = {
      plain: samplesSource({ title: 'plain', samples, questions }),
      hostile: samplesSource({ title: HOSTILE, samples: [hostile] }),
      many: samplesSource({ title: 'many', samples: many }),
      evil: answersSource({ title: 'evil', answers: [evil] }),
      stories: answersSource({ title: 'stories', answers: stories, questions, samples }),
    };
    for (const [name, source] of Object.entries(sources)) servers[name] = await serveView(source);
    browser = await launchChromium();
    tab = await openTab(browser);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all(Object.values(servers).map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  const open = async (
    name: string,
    width = 1280,
    scheme: 'light' | 'dark' = 'light',
    hash = '',
  ): Promise<Page> => {
    const address = servers[name]?.url ?? '';
    const page = await tab.renew({ viewport: { width, height: 800 }, colorScheme: scheme });
    page.setDefaultTimeout(15_000);
    troubles.length = 0;
    page.on('console', (message) => troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(address)) troubles.push(`request: ${request.url()}`);
    });
    await page.goto(address + hash);
    await page
      .locator('.row')
      .first()
      .waitFor({ state: hash !== '' && width < 760 ? 'attached' : 'visible' });
    if (hash !== '') await page.locator('#detail h2').waitFor();
    return page;
  };
  const overflowOf = (page: Page): Promise<number> =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  const nodesOf = (page: Page): Promise<number> =>
    page.evaluate<number>('document.querySelectorAll("*").length');
  const settled = (page: Page, title: string) => page.locator('.row', { hasText: title }).waitFor();

  test('a sample: every box, mask, description and relation', async () => {
    const page = await open('plain');
    const [sample] = samples;
    await page.locator('.row').first().click();
    await page.locator('#detail h2').waitFor();
    expect(await page.locator('rect.box').count()).toBe(sample?.regions.length);
    const masks = sample?.regions.filter(({ mask }) => mask).length ?? 0;
    expect(masks).toBeGreaterThan(0);
    expect(await page.locator('path.mask').count()).toBe(masks);
    for (const { description } of sample?.regions ?? [])
      expect(await page.locator('.regions').innerText()).toContain(description);
    await page.waitForFunction('document.querySelector(".frame img").naturalWidth === 64');
    const subject = sample?.regions[0]?.id;
    await page.locator('.regions button').first().click();
    const own = sample?.relations
      ?.filter((relation) => relation.subject === subject)
      .map(({ relation }) => relation);
    const drawn = await page.evaluate<string[]>(
      '[...document.querySelectorAll("[data-relation]")].map((g) => g.dataset.relation)',
    );
    expect(drawn).toEqual(own);
    expect(await page.locator('.regions button').first().getAttribute('aria-pressed')).toBe('true');
    await page.getByLabel('Boxes').uncheck();
    expect(await page.locator('rect.box').count()).toBe(0);
    const asked = questions.filter((question) => question.sample === sample?.id).length;
    expect(await page.locator('#detail').innerText()).toContain(`Questions (${asked})`);
    expect(troubles).toEqual([]);
  });

  test('a mask covers the pixels that its record says', async () => {
    const page = await open('plain');
    const mask = { kind: 'rle', size: [3, 2], counts: [1, 3, 2] };
    // Run lengths go down the columns: pixels 1, 2 of the first and 0 of the second are set.
    const inside = await page.evaluate<boolean[]>(`import('/sample-figure.js').then(({ maskPath }) => {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', maskPath(${JSON.stringify(mask)}, 20, 30));
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      svg.append(path);
      document.body.append(svg);
      return [[5, 5], [5, 15], [5, 25], [15, 5], [15, 15], [15, 25]].map(([x, y]) => path.isPointInFill(new DOMPoint(x, y)));
    })`);
    expect(inside).toEqual([false, true, true, true, false, false]);
  });

  test('a hundred thousand samples are a few elements, wherever the list is scrolled to', async () => {
    const page = await open('many');
    expect(await page.locator('#status').innerText()).toContain('100,000 samples');
    expect(await nodesOf(page)).toBeLessThan(400);
    for (const share of [0.25, 0.5, 0.999, 1]) {
      await page.evaluate(`list.scrollTop = (list.scrollHeight - list.clientHeight) * ${share}`);
      await settled(page, `sample-${share === 1 ? 99_999 : Math.round(share * 99_990)}`);
      expect(await nodesOf(page)).toBeLessThan(400);
    }
    await page.locator('#search').fill('sample-4242');
    await page.locator('#status', { hasText: '11 of 100,000' }).waitFor();
    await page.locator('#search').fill('');
    await page.getByLabel('label', { exact: true }).selectOption({ index: 1 });
    await page.locator('#status', { hasText: '33,334 of 100,000' }).waitFor();
    expect(await nodesOf(page)).toBeLessThan(400);
    expect(troubles).toEqual([]);
  });

  test('by keyboard alone: search, move, open, go to the end and back', async () => {
    const page = await open('many');
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
    await page.keyboard.type('sample-99');
    await page.locator('#status', { hasText: '1,111 of 100,000' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.id')).toBe('list');
    expect(await page.locator('#search').inputValue()).toBe('sample-99');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#detail h2', { hasText: 'sample-990' }).waitFor();
    await page.keyboard.press('End');
    await settled(page, 'sample-99999');
    await page.keyboard.press('Enter');
    await page.locator('#detail h2', { hasText: 'sample-99999' }).waitFor();
    const active = await page.locator('#list').getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active ?? ''}`).getAttribute('aria-posinset')).toBe('1111');
    await page.keyboard.press('Home');
    await page.locator('#row-0', { hasText: 'sample-99' }).waitFor();
  });

  test('a trajectory round by round, with what changed and what is right', async () => {
    const page = await open('stories', 1280, 'light', '#0');
    expect(await page.locator('.rounds > li').count()).toBe(3);
    expect(await page.locator('.rounds .badge').allInnerTexts()).toEqual(['✗ wrong', '✓ right', '✓ right']);
    expect(await page.locator('.changes del').allInnerTexts()).toEqual(['not ']);
    expect(await page.locator('.changes ins').count()).toBe(0);
    expect(await page.locator('.feedback').allInnerTexts()).toEqual([
      expect.stringContaining('look again'),
      expect.stringContaining('confidence 0.90'),
    ]);
    expect(await page.locator('rect.box').count()).toBeGreaterThan(0);
    await page.getByLabel('kind', { exact: true }).selectOption({ index: 1 });
    await page.locator('#status', { hasText: ` of ${questions.length} trajectories` }).waitFor();
    expect(troubles).toEqual([]);
  });

  test.each([
    ['hostile', 390],
    ['hostile', 1280],
    ['evil', 390],
    ['evil', 1280],
  ])('hostile text of %s stays text at %i px', async (name, width) => {
    const page = await open(name, width, 'dark', '#0');
    await page.evaluate('document.querySelectorAll("details").forEach((fold) => { fold.open = true; })');
    expect(await page.locator('body script, img[src="x"], svg[onload]').count()).toBe(0);
    expect(await page.locator('img').count()).toBe(1);
    expect(await page.locator('#detail h2').innerText()).toContain('<script>alert(2)</script>');
    expect(await overflowOf(page)).toBe(0);
    expect(troubles).toEqual([]);
  });

  test('on a phone the details take the list’s place, and give it back', async () => {
    const page = await open('plain', 390);
    expect(await page.locator('#detail').isVisible()).toBe(false);
    await page.locator('.row').nth(1).click();
    await page.locator('#detail h2').waitFor();
    expect(await page.locator('#list').isVisible()).toBe(false);
    expect(await page.evaluate('document.activeElement.id')).toBe('detail');
    expect(await overflowOf(page)).toBe(0);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('#detail h2', { hasText: samples[2]?.id ?? '' }).waitFor();
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await page.locator('#list').waitFor();
    expect(await page.locator('#detail').isVisible()).toBe(false);
  });

  test('every control has a name, and one of its own where there are several', async () => {
    const page = await open('plain', 1280, 'light', '#0');
    const names: string[] = [];
    for (const role of ['button', 'checkbox', 'combobox', 'searchbox', 'listbox', 'img'] as const)
      for (const control of await page.getByRole(role).all()) {
        const snapshot = await control.ariaSnapshot();
        expect(snapshot).toMatch(/^- '?\w+ ".+"/);
        names.push(snapshot.split('\n')[0] ?? '');
      }
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
  });

  test('follows the colour scheme', async () => {
    const shades: number[] = [];
    const page = await open('plain');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      shades.push(Number(/\d+/.exec(colour)?.[0]));
    }
    expect(shades[0]).toBeGreaterThan(200);
    expect(shades[1]).toBeLessThan(50);
  });
});
