import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's browser. */
export const CHROMIUM = '/usr/bin/chromium';

/** A missing browser is a named skip; a failure where everything is required. */
export const isChromiumAbsent = !existsSync(CHROMIUM) && process.env['FGAM_REQUIRE_ALL'] !== '1';

/** Starts the browser, without the requests that it makes on its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** One page for a file's tests, one after the other: to empty it takes half the time of a new one. */
export interface Tab {
  /** The page, empty. Cookies and storage are as they were. */
  renew(options: Pick<BrowserContextOptions, 'viewport' | 'colorScheme'>): Promise<Page>;
  /** Empties the page: nothing listens to it then, and it routes no request. */
  leave(): Promise<void>;
}

/** Opens a page that is used again for each test. */
export async function openTab(browser: Browser): Promise<Tab> {
  const page = await browser.newPage();
  const leave = async (): Promise<void> => {
    page.removeAllListeners();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    // A page that has unsaved work asks whether it may be left.
    page.on('dialog', (dialog) => void dialog.accept());
    await page.goto('about:blank');
    page.removeAllListeners();
  };
  return {
    leave,
    async renew({ viewport, colorScheme }) {
      await leave();
      await page.setViewportSize(viewport ?? { width: 1280, height: 800 });
      await page.emulateMedia({ colorScheme: colorScheme ?? 'light' });
      return page;
    },
  };
}
