import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { expect, test } from 'vitest';
import { checkQuickstartFolder } from './check-quickstart-folder.js';
import { fgam, temporary } from './command.test-support.js';

test('quickstart refuses a folder that holds something else, and writes nothing into it', async () => {
  const out = await temporary('quickstart');
  await writeFile(join(out, 'notes.txt'), 'mine');
  await mkdir(join(out, 'scenes'));
  const run = await fgam('quickstart', '--fast', '--out', out, '--json');
  expect(run.code).toBe(1);
  expect(run.err).toMatch(/^fgam: fgam quickstart: expected a new or empty folder .*choose another --out\n$/);
  expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'fgam/bad-config' } });
  expect((await readdir(out)).sort()).toEqual(['notes.txt', 'scenes']);
});

test('quickstart goes on in a folder that one made, whatever was laid beside, or began', async () => {
  const out = await temporary('quickstart');
  await checkQuickstartFolder(join(out, 'none'));
  await checkQuickstartFolder(out);
  await mkdir(join(out, 'scenes', '.train.partial-1-a'), { recursive: true });
  await checkQuickstartFolder(out);
  await writeScenes({ out: join(out, 'scenes', 'train'), count: 1, seed: 1, split: 'train' });
  await writeFile(join(out, 'notes.txt'), 'mine');
  await checkQuickstartFolder(out);
});
