import { loadModel } from '@fgam/models';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readEvidenceFile } from '../ports/evidence-file.js';
import { groundingFor, openModule } from '../ports/open-module.js';
import { modelFolder } from '../train/open-model.js';
import { MODULE_RECIPE } from './module-recipe.js';
import { trainModule } from './train-module.js';

test('a short run ends in a module of evidence with its scores, which asks the shipped grounding checkpoint', async () => {
  const out = await temporary('module');
  const recipe = {
    ...MODULE_RECIPE,
    scenes: { seed: 3, train: 12, validation: 4, test: 6 },
    batchSize: 4,
    copying: { steps: 3, schedule: { learningRate: 1e-3, warmup: 1 } },
    module: { steps: 2, schedule: { learningRate: 1e-3, warmup: 1 } },
  };
  const { model, scores, sha256 } = await trainModule(recipe, { out, signal: new AbortController().signal });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  for (const kind of ['existence', 'attribute']) expect(scores).toHaveProperty(`${kind}.recall`);
  expect(scores).not.toHaveProperty('caption.recall');
  expect(await readEvidenceFile(model)).toMatchObject({
    about: true,
    states: true,
    captions: false,
    prompt: 'evidence-1',
  });
  const module = await openModule(`text:${model}`);
  expect((await groundingFor(module))?.folder).toBe(modelFolder('compact-grounding'));
  const base = await loadModel(modelFolder('compact-base'));
  expect(module.model.config).toEqual(base.config);
});
