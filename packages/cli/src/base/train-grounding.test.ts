import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@fgam/models';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { GROUNDED } from '../ports/open-critic.js';
import { readCalibration } from '../ports/calibration-file.js';
import { GROUNDING_RECIPE } from './grounding-recipe.js';
import { trainGrounding } from './train-grounding.js';

test('a short run ends in a model folder with its scores and the threshold of the grounded critic', async () => {
  const out = await temporary('grounding');
  const recipe = {
    ...GROUNDING_RECIPE,
    scenes: { seed: 3, train: 24, validation: 8, test: 8 },
    steps: 6,
    batchSize: 8,
    schedule: { learningRate: 2e-3, warmup: 1 },
  };
  const { model, scores, sha256 } = await trainGrounding(recipe, {
    out,
    signal: new AbortController().signal,
  });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(scores)).toEqual([
    'ap',
    'ap50',
    'ap75',
    'existenceRecall',
    'existenceSpecificity',
    'existenceThreshold',
  ]);
  expect(existsSync(join(model, 'recipe.json'))).toBe(true);
  const { config } = await loadModel(model);
  expect(config.fgam).toMatchObject({ box_hidden_size: 128, stem: { stages: GROUNDING_RECIPE.stem } });
  expect(await readCalibration(model, GROUNDED)).toMatchObject({ existence: scores['existenceThreshold'] });
});
