import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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
