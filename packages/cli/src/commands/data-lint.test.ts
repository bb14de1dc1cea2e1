import { join } from 'node:path';
import { buildShards, readScenes, writeScenes } from '@fgam/data';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

test('data lint lists what boxes contradict', async () => {
  const folder = await temporary('lint');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 3, seed: 1, split: 'train' });
  const { samples } = await readScenes(scenes);
  const shards = join(folder, 'shards');
  const wrong = samples.map((sample, i) => {
    const [first, ...others] = sample.regions;
    if (i > 0 || first === undefined) return sample;
    const box = { x0: 0.6, y0: 0.6, x1: 0.9, y1: 0.9 };
    return { ...sample, regions: [{ ...first, box, description: 'a thing at the top left' }, ...others] };
  });
  await buildShards({ samples: wrong, out: shards, validation: 0, seed: 1 });
  const { texts, findings } = await fgamJson('data', 'lint', shards);
  expect(texts).toBe(samples.reduce((sum, { regions }) => sum + regions.length + 1, 0));
  expect(findings).toMatchObject([{ sample: samples[0]?.id, kind: 'position', claim: 'at the top left' }]);
  const { out } = await fgam('data', 'lint', shards);
  expect(out).toContain('position: "at the top left": not on the left top');
  expect(out).toContain(`1 contradiction in ${String(texts)} texts`);
});
