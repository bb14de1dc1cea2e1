import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildShards, readScenes, writeScenes } from '@fgam/data';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

test('data inspect prints what shards hold and writes it as a data card', async () => {
  const folder = await temporary('inspect');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 5, seed: 1, split: 'train' });
  const { samples } = await readScenes(scenes);
  const shards = join(folder, 'my-shards');
  await buildShards({ samples, out: shards, validation: 0, seed: 1 });
  const regions = samples.reduce((sum, sample) => sum + sample.regions.length, 0);
  const counts = { shards: 1, train: 5, validation: 0, regions, captions: 5 };
  expect(await fgamJson('data', 'inspect', shards)).toMatchObject({ ...counts, card: { regions } });
  for (const [file, heading] of [
    ['card.md', '# my-shards'],
    ['card.html', '<h1>my-shards</h1>'],
  ] as const) {
    const path = join(folder, file);
    const { code, out } = await fgam('data', 'inspect', shards, '--card', path);
    expect(code).toBe(0);
    expect(out).toContain(`data card: ${path}`);
    expect(await readFile(path, 'utf8')).toContain(heading);
  }
  const refused = await fgam('data', 'inspect', shards, '--card', join(folder, 'card.pdf'));
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain('.md or .html');
});
