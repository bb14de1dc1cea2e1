import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, renderScene, sampleScene } from '@fgam/data';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHROMIUM, isChromiumAbsent, launchChromium, openTab, type Tab } from '../chromium.test-support.js';
import { humanEvaluation } from './human-evaluation.js';
import { createRatingStore, type RatingStore } from './rating-store.js';
import { sampleStudy } from './sample-study.test-support.js';
import { type ServedStudy, serveStudy } from './serve-study.js';
import type { StudyMode } from './study.js';

describe.skipIf(isChromiumAbsent)(`the rating page in a browser (needs ${CHROMIUM})`, () => {
  let browser: Browser;
  let tab: Tab;
  let folder: string;
  let image: string;
  let store: RatingStore;
  let served: ServedStudy;
  let studies = 0;
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-rating-'));
    image = join(folder, 'scene.png');
    await writeFile(image, await renderScene(sampleScene(createRandom('rating'), { imageSize: 128 })));
    browser = await launchChromium();
    tab = await openTab(browser);
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    troubles.length = 0;
  });
  afterEach(async () => {
    await tab.leave();
    await served.close();
    store.close();
  });

  const serve = async (mode: StudyMode, items = 2): Promise<void> => {
    studies += 1;
    store = createRatingStore(join(folder, `${studies}.sqlite`), sampleStudy({ items, mode, image }));
    served = await serveStudy({ store });
  };
  const open = async (rater: string, width = 1280): Promise<Page> => {
    const page = await tab.renew({ viewport: { width, height: 844 } });
    page.on('console', (message) => troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(served.url))
        troubles.push(`request: ${request.url()}`);
    });
    page.on('response', async (response) => {
      if (/secret-|"q\d+"/.test(await response.text().catch(() => '')))
        troubles.push(`not blind: ${response.url()}`);
    });
    await page.goto(served.links.get(rater) ?? '');
    await page.locator('#work article').first().waitFor();
    return page;
  };
  /** However busy the machine is. */
  const eventually = <Value>(get: () => Value | Promise<Value>) => expect.poll(get, { timeout: 20_000 });
  const progress = (page: Page) => page.locator('#progress').innerText();

  test('a study is rated by keys alone, and shows no name of a system or id of an item', async () => {
    await serve('rate');
    for (const rater of ['anna', 'ben']) {
      const page = await open(rater);
      for (const item of [1, 2]) {
        await eventually(() => progress(page)).toBe(`Item ${item} of 2, ${item - 1} done`);
        // Two responses of three scales, and of a flag: 1 is no, 2 is yes.
        for (const key of '54313212') await page.keyboard.press(key);
        await page.keyboard.press('Enter');
      }
      await eventually(() => progress(page)).toBe(`All 2 done. Thank you, ${rater}.`);
    }
    expect(troubles).toEqual([]);
    const result = humanEvaluation(store.study, store.answers());
    expect(result.complete).toBe(true);
    for (const rater of ['anna', 'ben'])
      for (const item of ['q0', 'q1']) {
        const given = store.answers({ rater, item });
        const of = (scale: string) => given.filter((each) => each.scale === scale).map(({ value }) => value);
        expect(of('localisation').toSorted()).toEqual([3, 5]);
        expect(of('coherence').toSorted()).toEqual([2, 4]);
        expect(of('overall').toSorted()).toEqual([1, 3]);
        expect(of('factualError').toSorted()).toEqual([0, 1]);
      }
  });

  test('what was clicked is there again after the page was left, and Enter names what is missing', async () => {
    await serve('rate');
    const page = await open('anna');
    const first = page.locator('article').first();
    const words = await first.locator('blockquote').innerText();
    await first.getByRole('radio', { name: '4, good' }).nth(2).check();
    await eventually(() => store.answers().length).toBe(1);
    const again = await open('anna');
    expect(await again.locator('blockquote').first().innerText()).toBe(words);
    const ofOverall = again.getByRole('group', { name: /^Overall/ }).first();
    expect(await ofOverall.getByRole('radio', { name: '4, good' }).isChecked()).toBe(true);
    expect(await again.locator('input:checked').count()).toBe(1);
    await again.keyboard.press('Enter');
    expect(await again.getByRole('alert').innerText()).toBe('Response 1 has no value for Localisation yet.');
    // Down twice to Overall, one higher with the radio buttons' own key.
    await again.keyboard.press('ArrowDown');
    await again.keyboard.press('ArrowDown');
    await again.keyboard.press('ArrowRight');
    await eventually(() => store.answers().map(({ value }) => value)).toEqual([5]);
    expect(troubles).toEqual([]);
  });

  test('keys pressed while the next item is on its way are its own, and none waits for its image', async () => {
    await serve('rate');
    const page = await open('anna');
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/items/1', async (route) => {
      await released;
      await route.continue();
    });
    // Images never come.
    await page.route('**/items/*/image', () => {});
    for (const key of '54313212') await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    for (const key of '1232') await page.keyboard.press(key);
    await eventually(() => store.answers().length).toBe(8);
    release();
    await eventually(() => store.answers().length).toBe(12);
    for (const key of '3212') await page.keyboard.press(key);
    await eventually(() => progress(page)).toBe('All 2 done. Thank you, anna.');
    await page.keyboard.press('Shift+Enter');
    const checked = '[...document.querySelectorAll("input:checked")].map(({ value }) => value).join("")';
    await eventually(() => page.evaluate(checked)).toBe('54303211');
  });

  test('values given while the server is away are saved when it is back', async () => {
    await serve('rate', 1);
    const page = await open('anna');
    const port = Number(new URL(served.url).port);
    await served.close();
    await page.keyboard.press('5');
    await eventually(() => page.getByRole('alert').innerText()).toContain('Trying again');
    await page.keyboard.press('3');
    served = await serveStudy({ store, port });
    await eventually(() => store.answers().map(({ scale, value }) => [scale, value])).toEqual(
      expect.arrayContaining([
        ['localisation', 5],
        ['coherence', 3],
      ]),
    );
    await eventually(() => page.getByRole('alert').count()).toBe(0);
  });

  test('an author corrects a response, and finds it again', async () => {
    await serve('author');
    const page = await open('ben', 390);
    await page.getByRole('radio', { name: 'Something is wrong' }).check();
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('Say what is wrong');
    await page.getByRole('button', { name: 'Add another fault' }).click();
    await page.getByRole('button', { name: 'Remove this fault' }).last().click();
    // The focus stays in the form.
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SELECT');
    await page.getByLabel('Kind').selectOption('attribute');
    await page.getByLabel('What it says').fill('a red circle');
    await page.getByLabel('What is true').fill('a blue circle');
    await page.getByLabel('Corrected answer').fill('a <b>blue</b> circle');
    await page.keyboard.press('Control+Enter');
    await eventually(() => progress(page)).toBe('Item 2 of 2, 1 done');
    await page.getByRole('radio', { name: 'It is right' }).check();
    await page.getByRole('button', { name: 'Finish' }).click();
    await eventually(() => progress(page)).toBe('All 2 done. Thank you, ben.');
    const issues = [{ kind: 'attribute', claim: 'a red circle', correction: 'a blue circle' }];
    expect(store.corrections().map(({ correction }) => correction)).toEqual(
      expect.arrayContaining([
        { verdict: 'accept' },
        { verdict: 'revise', issues, corrected: 'a <b>blue</b> circle' },
      ]),
    );
    await page.getByRole('button', { name: 'Previous' }).click();
    await eventually(() => page.getByLabel('Corrected answer').inputValue()).toBe('a <b>blue</b> circle');
  });

  test('keys pressed before a step that fails change nothing', async () => {
    await serve('rate');
    const page = await open('anna');
    for (const key of '54313212') await page.keyboard.press(key);
    await eventually(() => store.answers().length).toBe(8);
    const given = store.answers();
    await page.route('**/items/1', async (route) => {
      await page.keyboard.press('1');
      await route.abort();
    });
    await page.keyboard.press('Enter');
    await eventually(() => page.getByRole('alert').innerText()).toContain('can not be reached');
    await page.unroute('**/items/1');
    await page.keyboard.press('Enter');
    await eventually(() => progress(page)).toBe('Item 2 of 2, 1 done');
    expect(store.answers()).toEqual(given);
  });

  test('what an author wrote is saved on the way back too', async () => {
    await serve('author');
    const page = await open('ben');
    await page.getByRole('radio', { name: 'It is right' }).check();
    await page.getByRole('button', { name: 'Next' }).click();
    await eventually(() => progress(page)).toBe('Item 2 of 2, 1 done');
    await page.getByRole('radio', { name: 'Something is wrong' }).check();
    await page.getByLabel('Corrected answer').fill('a cube');
    await page.getByRole('button', { name: 'Previous' }).click();
    await eventually(() => page.getByRole('alert').innerText()).toContain('Say what is wrong');
    await page.getByLabel('What it says').fill('a ball');
    // Or it would be lost.
    const asked = page.waitForEvent('dialog');
    await page.evaluate('void setTimeout(() => location.reload())');
    await (await asked).dismiss();
    await page.getByRole('button', { name: 'Previous' }).click();
    await eventually(() => page.getByRole('radio', { name: 'It is right' }).isChecked()).toBe(true);
    expect(store.corrections()).toHaveLength(2);
    await page.getByRole('button', { name: 'Next' }).click();
    await eventually(() => page.getByLabel('Corrected answer').inputValue()).toBe('a cube');
  });

  test.each([
    ['rate', 360],
    ['rate', 1280],
    ['author', 360],
    ['author', 1280],
  ] as const)('fits (%s, %i px), shows the image, and names every control', async (mode, width) => {
    await serve(mode);
    const page = await open('anna', width);
    if (mode === 'author') await page.getByRole('radio', { name: 'Something is wrong' }).check();
    await eventually(() => page.evaluate('document.querySelector("#image").naturalWidth')).toBe(128);
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
    const controls = page.locator('button, input, select, textarea, progress, img');
    const snapshot = await page.locator('body').ariaSnapshot();
    expect(await controls.count()).toBeGreaterThan(8);
    // In a snapshot a control with a name has it in quotes after its role.
    expect(snapshot).not.toMatch(/- (button|radio|combobox|textbox|progressbar|img)(?! ")/);
    expect(troubles).toEqual([]);
  });

  test('a wrong link is told so, and none of the study', async () => {
    await serve('rate');
    const page = await tab.renew({});
    await page.goto(`${served.url}#nobody`);
    await eventually(() => page.getByRole('alert').innerText()).toContain('ask for yours');
    expect(await page.locator('#item').isVisible()).toBe(false);
  });
});
