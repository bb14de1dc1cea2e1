import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { countParameters, loadModel } from '@fgam/models';
import { readMetrics } from '@fgam/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fgam, sceneWorkshop, trainModuleIn } from './command.test-support.js';

let folder: string;
beforeAll(async () => {
  folder = await sceneWorkshop(12);
});
afterAll(() => rm(folder, { recursive: true }));

const train = (name: string, parts: object) => trainModuleIn(folder, name, parts);

test('a module is trained on evidence in words, and what sees stays as it was', async () => {
  const run = await train('annotated', {
    evidence: { objects: 3, relations: 1, about: true, states: true, answers: 0.25 },
    steps: 60,
    schedule: { learningRate: 0.02, warmup: 5 },
  });
  expect(run.code).toBe(0);
  expect(run.err).toMatch(/evidence of 12 images by their annotations: \d/);
  expect(run.err).toMatch(/answers: \d+ rows/);
  const losses = (await readMetrics(join(folder, 'annotated', 'metrics.jsonl'))).map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
  const [before, after] = [
    await loadModel(join(folder, 'tiny')),
    await loadModel(join(folder, 'annotated/model')),
  ];
  for (const [name, { data }] of Object.entries(after.weights))
    if (name.startsWith('language_model.')) expect(data).not.toEqual(before.weights[name]?.data);
    else expect(data).toEqual(before.weights[name]?.data);
  expect(JSON.parse(await readFile(join(folder, 'annotated/model/evidence.json'), 'utf8'))).toEqual({
    ...{ format: 'fgam-evidence', version: 1, prompt: 'evidence-1' },
    ...{ objects: 3, relations: 1, about: true, states: true },
  });
});

test('it criticises what a model answers, by what a model sees, alone and among others', async () => {
  const grounding = { grounding: 'tiny', threshold: 0.0001 };
  expect((await train('seen', { evidence: { ...grounding, states: true } })).err).toMatch(
    /evidence of 12 images by .*tiny/,
  );
  const [image = ''] = (await readdir(join(folder, 'scenes', 'images'))).map((name) =>
    join(folder, 'scenes', 'images', name),
  );
  const module = `text:${join(folder, 'seen/model')}`;
  const ask = ['rectify', '--model', join(folder, 'tiny'), '--image', image];
  const question = ['--question', 'is there a red circle ?', '--response', 'yes'];
  for (const critic of [module, `${module}=2,grounded`]) {
    const run = await fgam(...ask, ...question, '--critic', critic, '--json');
    expect(run.code, run.err).toBe(0);
    const { attempts } = JSON.parse(run.out) as { readonly attempts: readonly unknown[] };
    expect(attempts[0]).toMatchObject({ response: 'yes', feedback: {} });
  }
  // A question of a known form about a thing that the module has no word for.
  const foreign = ['--question', 'is there a red zebra ?', '--response', 'yes'];
  const unread = await fgam(...ask, ...foreign, '--critic', module, '--json');
  const [first] = (JSON.parse(unread.out) as { readonly attempts: readonly object[] }).attempts;
  expect(first).toMatchObject({ feedback: { verdict: 'accept', confidence: 0.5 } });
  const scenes = ['bench', 'run', 'scenes', '--model', join(folder, 'tiny'), '--critic', module];
  const rows = await fgam(...scenes, '--data', join(folder, 'scenes'), '--out', join(folder, 'rows'));
  expect(rows).toMatchObject({ code: 0 });
  const timed = ['bench', 'latency', '--model', join(folder, 'tiny'), '--critic', module, '--rounds', '1'];
  const cost = await fgam(...timed, '--data', join(folder, 'scenes'), '--limit', '1', '--json');
  expect(cost.code, cost.err).toBe(0);
  const { latency } = JSON.parse(cost.out) as { readonly latency: readonly unknown[] };
  const parameters = countParameters((await loadModel(join(folder, 'seen/model'))).weights);
  expect(latency[0]).toMatchObject({ parameters: { critic: parameters } });
  // Another model's mistakes.
  const other = await fgam(...ask, ...question, '--critic', module, '--grounding', 'compact-base');
  expect(other.err).toContain('trained on the evidence of another model');
});

test('a module that reads images is no module of evidence, nor the other way round', async () => {
  const ask = ['rectify', '--image', 'x.png', '--question', 'q', '--response', 'yes'];
  const tiny = join(folder, 'tiny');
  const wrong = await fgam(...ask, '--model', tiny, '--critic', `text:${tiny}`);
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.err).toContain('expected a module that was trained on evidence');
  const seen = join(folder, 'seen/model');
  const other = await fgam(...ask, '--model', tiny, '--critic', seen);
  expect(other.err).toContain(`name it text:${seen}`);
  const endpoint = ['--endpoint', 'http://127.0.0.1:9/v1', '--endpoint-model', 'm'];
  const blind = await fgam(...ask, ...endpoint, '--critic', `text:${seen}`);
  expect(blind).toMatchObject({ code: 2 });
  expect(blind.err).toContain('--grounding');
});

test('faults of a config are named', async () => {
  const faults = await train('faults', { evidence: { threshold: 0.5, object: 3 } });
  expect(faults.err).toContain('evidence.object: unknown key');
  const unsure = await train('unsure', { evidence: { threshold: 0.5 } });
  expect(unsure.err).toContain('expected grounding with threshold');
});

test('a smaller module is distilled from a larger one that reads the same', async () => {
  const distill = { teacher: 'tiny', temperature: 2, weight: 0.5 };
  expect(await train('large', { model: 'new', steps: 1 })).toMatchObject({ code: 0 });
  const taught = { model: 'new-small', distill: { ...distill, teacher: 'large/model' } };
  expect(await train('small', taught)).toMatchObject({ code: 0 });
  const [line] = await readMetrics(join(folder, 'small', 'metrics.jsonl'));
  const { tokens = 0, distillation = 0 } = line?.parts ?? {};
  expect(line?.loss).toBeCloseTo(tokens + 0.5 * distillation, 3);
  const [large, small] = [
    await loadModel(join(folder, 'large/model')),
    await loadModel(join(folder, 'small/model')),
  ];
  expect(countParameters(small.weights)).toBeLessThan(0.4 * countParameters(large.weights));
  // It reads evidence, its student images.
  const other = await train('unequal', { distill: { teacher: 'annotated/model' } });
  expect(other.err).toContain('distill.teacher: expected a module that reads images');
  const words = { evidence: { states: true }, distill: { teacher: 'annotated/model' } };
  expect(await train('words', words)).toMatchObject({ code: 0 });
  // It says what is true, its student gives verdicts.
  const judging = await train('judging', { ...words, evidence: {} });
  expect(judging.err).toContain('distill.teacher: expected a module that gives verdicts');
});
