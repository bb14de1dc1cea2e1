import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnsembleFile, writeEnsembleFile } from './ensemble-file.js';

test('folders of modules go with the file, names stay', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-ensemble-'));
  const names = ['grounded', 'llm', 'compact-base', 'compact-grounding'];
  const critics = [...names, join(folder, 'a/rm'), `text:${join(folder, 'words')}`];
  const figures = { threshold: 0.5, examples: 2, balancedAccuracy: 1, calibrationError: 0, brier: 0 };
  const named = critics.map((name) => ({ name, weight: 1 }));
  const file = join(folder, 'calibration.json');
  await writeEnsembleFile(file, { model: 'm', identity: 'i', critics: named, ...figures });
  expect(await readFile(file, 'utf8')).not.toContain(folder);
  expect((await readEnsembleFile(file)).critics).toEqual(named);
  const moved = `${folder}-moved`;
  await rename(folder, moved);
  expect((await readEnsembleFile(join(moved, 'calibration.json'))).critics.map(({ name }) => name)).toEqual([
    ...names,
    join(moved, 'a/rm'),
    `text:${join(moved, 'words')}`,
  ]);
  await rm(moved, { recursive: true });
});
