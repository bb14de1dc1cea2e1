import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import {
  areRowsMadeAgain,
  areSeedsMadeAgain,
  keepOtherReproduction,
  type MadeRows,
} from './keep-other-reproduction.js';

const run: MadeRows = {
  ...{ scale: { name: 'full' }, reward: 'module', seeds: [1, 2], families: ['llava'] },
  ...{ tables: ['hacl'], critics: ['grounded'], rounds: 2 },
};
const row = { variant: 'base + HACL', critic: 'grounded', rounds: 2 };
const saved = { scale: run.scale, reward: 'module', runs: [{ family: 'llava', seed: 1 }], rows: [row] };
const byRun = (value: unknown) => areRowsMadeAgain(value, run);

test('a file that the run makes again is not kept, nor is none', async () => {
  const out = await temporary('kept');
  expect(await keepOtherReproduction(out, byRun)).toBeUndefined();
  await writeFile(join(out, 'reproduction.json'), JSON.stringify(saved));
  expect(await keepOtherReproduction(out, byRun)).toBeUndefined();
  expect(await readdir(out)).toEqual(['reproduction.json']);
});

test.each([
  ['another seed', { ...saved, runs: [{ family: 'llava', seed: 3 }] }],
  ['another family', { ...saved, runs: [{ family: 'minigpt4', seed: 1 }] }],
  ['another row', { ...saved, rows: [row, { ...row, variant: 'full FGAM' }] }],
  ['another critic', { ...saved, rows: [{ ...row, critic: 'oracle' }] }],
  ['more rounds', { ...saved, rows: [{ ...row, rounds: 3 }] }],
  ['another scale', { ...saved, scale: { name: 'fast' } }],
  ['a scale that has changed', { ...saved, scale: { name: 'full', recipe: {} } }],
  ['another reward', { ...saved, reward: 'oracle' }],
  ['an auditor', { ...saved, auditor: 'text' }],
  ["another form, as that of the quickstart's table", { seeds: [1], summaries: [], loops: [] }],
])('one of %s is kept with its tables, beside those kept before', async (_, other) => {
  const out = await temporary('kept');
  await writeFile(join(out, 'reproduction.json'), JSON.stringify(other));
  await writeFile(join(out, 'reproduction.md'), '# Tables');
  for (const number of [1, 2]) {
    const copy = join(out, `reproduction-${number}.json`);
    expect(await keepOtherReproduction(out, byRun)).toBe(copy);
    expect(JSON.parse(await readFile(copy, 'utf8'))).toEqual(other);
    expect(await readFile(join(out, `reproduction-${number}.md`), 'utf8')).toBe('# Tables');
  }
});

test('one without an auditor is kept from a run that has one', async () => {
  const out = await temporary('watched');
  await writeFile(join(out, 'reproduction.json'), JSON.stringify(saved));
  expect(
    await keepOtherReproduction(out, (saved) => areRowsMadeAgain(saved, { ...run, auditor: 'text' })),
  ).toBe(join(out, 'reproduction-1.json'));
});

test.each([
  ['the same seeds and rows', { seeds: [1, 2], summaries: [{ variant: 'base' }] }, true],
  ['fewer seeds', { seeds: [2], summaries: [{ variant: 'base' }] }, true],
  ['another seed', { seeds: [1, 3], summaries: [{ variant: 'base' }] }, false],
  ['another row', { seeds: [1], summaries: [{ variant: 'base' }, { variant: 'base + HACL' }] }, false],
  ['rows of --rows', saved, false],
])('of the quickstart’s table with %s', (_, other, isMade) => {
  expect(
    areSeedsMadeAgain(other, { seeds: [1, 2], variants: [{ name: 'base' }, { name: 'full FGAM' }] }),
  ).toBe(isMade);
});
