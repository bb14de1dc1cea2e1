import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readLaionRows } from './read-laion-rows.js';
import { readWebDataset } from './read-web-dataset.js';
import { countSkips, type Skip } from './skips.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const list = join(shared, 'data', 'laion-style', 'test_1000.parquet');
const tars = join(shared, 'data', 'webdataset');

/** Missing data is a named skip; a failure where everything is required. */
const absent = (path: string) => !existsSync(path) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(absent(list))('1,000 rows of addresses and texts (needs the shared data)', () => {
  it('reads every row, and filters by what the list has', async () => {
    const skipped: Skip[] = [];
    const read = async (options: Partial<Parameters<typeof readLaionRows>[0]>) => {
      let count = 0;
      skipped.length = 0;
      for await (const { url, caption } of readLaionRows({
        files: [list],
        onSkip: (skip) => skipped.push(skip),
        ...options,
      }))
        if (url.startsWith('http') && caption !== '') count++;
      return count;
    };
    expect([await read({}), countSkips(skipped)]).toEqual([1000, {}]);
    expect([
      await read({ unique: ['url', 'caption'], minCaption: 10, maxCaption: 200 }),
      countSkips(skipped),
    ]).toEqual([989, { 'caption-length': 10, 'duplicate-caption': 1 }]);
    await expect(read({ minSide: 64 })).rejects.toMatchObject({ code: 'data/bad-config' });
  });
});

describe.skipIf(absent(tars))('WebDataset tars (needs the shared data)', () => {
  it('reads the images of a gzip tar, and tells what has no image or text', async () => {
    const skipped: Skip[] = [];
    const onSkip = (skip: Skip) => skipped.push(skip);
    const sample = join(tars, 'sample.tgz');
    let count = 0;
    for await (const { extension } of readWebDataset({ tars: [sample], captions: 'optional', onSkip }))
      if (extension === 'png') count++;
    expect([count, skipped]).toEqual([90, []]);
    for await (const { id } of readWebDataset({ tars: [sample, join(tars, 'compressed.tar')], onSkip }))
      throw new Error(id);
    expect(countSkips(skipped)).toEqual({ 'no-text': 90, 'missing-image': 3 });
  });
});
