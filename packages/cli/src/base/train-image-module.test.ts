import { join } from 'node:path';
import { readQuestions } from '@fgam/data';
import { loadModel } from '@fgam/models';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { openModule } from '../ports/open-module.js';
import { openModel } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import { IMAGE_MODULE_RECIPE } from './image-module-recipe.js';
import { trainImageModule } from './train-image-module.js';

test('a run begins from the parts of three shipped models, goes on from what it learned, and ends in a module that states, with its scores', async () => {
  const out = await temporary('image-module');
  const barely = { steps: 4, stopAt: 3, schedule: { learningRate: 1e-9, warmup: 1 } };
  const recipe = {
    ...IMAGE_MODULE_RECIPE,
    scenes: { seed: 3, train: 12, validation: 4, test: 6 },
    batchSize: 4,
    // Less than a step of fp16: what is saved is what it began from.
    seeing: { ...IMAGE_MODULE_RECIPE.seeing, ...barely },
    // One run learns, so that it shows which weights the next begins from.
    stating: IMAGE_MODULE_RECIPE.stating.map((run) => ({
      ...{ ...run, ...barely },
      schedule: { learningRate: run.name === 'kinds' ? 1e-3 : 1e-9, warmup: 1 },
    })),
  };
  const { model, scores } = await trainImageModule(recipe, { out, signal: new AbortController().signal });
  for (const kind of ['existence', 'attribute']) expect(scores).toHaveProperty(`${kind}.recall`);
  expect(scores).toHaveProperty('caption object.recall');
  expect(await openModule(model)).toMatchObject({ states: true, describes: true });
  // Further questions are a run's own.
  const kindsOf = async (name: string): Promise<string[]> => {
    const questions = await readQuestions(join(out, name, 'scenes', 'further', 'questions.jsonl'));
    return [...new Set(questions.map(({ kind }) => kind))].sort();
  };
  expect(await kindsOf('attributes')).toEqual(['attribute']);
  expect(await kindsOf('more')).toEqual(['attribute', 'existence', 'grounding', 'reasoning', 'spatial']);
  const digestOf = (name: string): Promise<string> => weightsSha256(join(out, name, 'model'));
  expect(await digestOf('attributes')).toBe(await digestOf('seeing'));
  expect(await digestOf('kinds')).not.toBe(await digestOf('seeing'));
  expect(await weightsSha256(model)).toBe(await digestOf('kinds'));
  const { config, weights } = await loadModel(join(out, 'seeing', 'model'));
  expect((await loadModel(model)).config).toEqual(config);
  const seeing = await openModel('compact-grounding');
  expect(config.fgam).not.toHaveProperty('box_hidden_size');
  expect(config.vision_config).toEqual(seeing.config.vision_config);
  const parts = { vision_tower: seeing, multi_modal_projector: await openModel('compact-base') };
  const module = await openModel('compact-module');
  for (const [name, { data }] of Object.entries(weights)) {
    const from = parts[name.split('.')[0] as keyof typeof parts] ?? module;
    const before = from.weights[name]?.data ?? [];
    expect(data.length, name).toBe(before.length);
    expect(
      data.every((value, i) => value === before[i]),
      name,
    ).toBe(true);
  }
});
