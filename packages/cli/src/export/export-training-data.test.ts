import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { expect, test } from 'vitest';
import { exportTrainingData } from './export-training-data.js';

test('an interrupted export leaves images alone, and one that follows removes what a killed one left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-interrupted-'));
  const [scenes, out] = [join(folder, 'scenes'), join(folder, 'out')];
  await writeScenes({ out: scenes, count: 3, seed: 1, split: 'train' });
  const work = new AbortController();
  const run = (signal: AbortSignal) =>
    exportTrainingData(
      { kind: 'scenes', folder: scenes },
      { ...{ out, signal, format: 'llava', link: false, all: false, split: 'train', turns: 10 } },
    );
  const reason = new Error('stopped');
  const stopped = run(work.signal);
  work.abort(reason);
  await expect(stopped).rejects.toBe(reason);
  expect((await readdir(folder)).includes('out') ? await readdir(out) : []).not.toContain('fgam.json');
  const { text } = await run(new AbortController().signal);
  expect(text).toContain('3 images');
  await writeFile(join(out, 'conversations.1.partial'), 'half');
  const half = '00000000-0000-4000-8000-000000000000.partial';
  const names = await readdir(join(out, 'images'));
  await writeFile(join(out, 'images', `${names[0] ?? ''}.${half}`), 'half');
  await run(new AbortController().signal);
  expect(await readdir(join(out, 'images'))).toEqual(names);
  expect((await readdir(out)).sort()).toEqual(['fgam.json', 'images']);
});
