import { FgamError } from './error.js';

/** Refuses an address where a local file is expected. @throws FgamError `data/bad-config` */
export function refuseUrl(fn: string, path: string): void {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw new FgamError(
      'data/bad-config',
      `${fn}: expected a local file, got the address ${path}; nothing is fetched here: download it first ` +
        '(img2dataset makes WebDataset tars of a LAION list)',
    );
}
