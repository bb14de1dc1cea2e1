import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

test('data trajectories writes trajectories and what another engine trains on, the same each time', async () => {
  const folder = await temporary('trajectories');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 4, seed: 1, split: 'train' });
  const out = join(folder, 'out');
  const args = ['data', 'trajectories', scenes, '--wrong-share', '0.5', '--misleading-share', '0.2'];
  const result = await fgamJson(...args, '--format', 'llama-factory', '--out', out);
  expect(result['files']).toEqual([
    'trajectories.jsonl',
    'fgam_sft.json',
    'fgam_preference.json',
    'dataset_info.json',
  ]);
  const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
  expect(result['trajectories']).toBe(trajectories.length);
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final);
  expect(revised.length).toBeGreaterThan(0.3 * trajectories.length);
  expect(result['revised']).toBe(revised.length);
  expect(trajectories[0]?.image).toMatch(/^images\/.*\.png$/);
  const again = join(folder, 'again');
  await fgamJson(...args, '--format', 'llama-factory', '--out', again);
  const texts = (place: string) =>
    Promise.all(['trajectories.jsonl', 'fgam_sft.json'].map((file) => readFile(join(place, file), 'utf8')));
  expect(await texts(again)).toEqual(await texts(out));
});

test('data trajectories refuses a folder without questions, and says what has some', async () => {
  const folder = await temporary('no-questions');
  const refused = await fgam('data', 'trajectories', folder, '--out', join(folder, 'out'));
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/questions\.jsonl.*only scenes/);
});
