import { join } from 'node:path';
import { fileSha256 } from '@fgam/trainer';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { BASE_RECIPE } from './base-recipe.js';
import { trainBase } from './train-base.js';

const STEPS = 200;

test('two runs of a seed at full batch size, on all threads, end in the same bytes', async () => {
  const out = await temporary('same-seed');
  const recipe = {
    ...BASE_RECIPE,
    scenes: { seed: 11, train: 600, validation: 4, test: 4 },
    steps: STEPS,
    stopAt: STEPS,
    saveEvery: STEPS,
  };
  const signal = new AbortController().signal;
  const hashes: string[][] = [];
  for (const name of ['one', 'two']) {
    await trainBase(recipe, { out: join(out, name), signal });
    const checkpoint = join(out, name, 'training', `step-${STEPS}`);
    hashes.push(
      await Promise.all(
        ['model.safetensors', 'optimizer.safetensors'].map((file) => fileSha256(join(checkpoint, file))),
      ),
    );
  }
  expect(hashes[1]).toEqual(hashes[0]);
});
