import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { saveModel } from '@fgam/models';
import { fileSha256, lastCheckpoint, readMetrics } from '@fgam/trainer';
import { expect, test } from 'vitest';
import { temporary, tinyModel } from '../commands/command.test-support.js';
import type { TrainedVariant } from '../quickstart/train-variants.js';
import { VARIANTS } from '../quickstart/variants.js';
import { PAPER_SCALES } from './paper-scale.js';
import { reinforce } from './reinforce.js';

test('where an alarm ends PPO, the row has the weights of the iteration before', async () => {
  const out = await temporary('reinforce');
  await writeScenes({ out: join(out, 'scenes', 'train'), count: 6, seed: 1, split: 'train' });
  const folder = join(out, 'models', 'base');
  const model = tinyModel();
  await saveModel(folder, model);
  const start = { model, checkpoint: folder, folder };
  const from: TrainedVariant = { ...start, variant: VARIANTS[0], alignment: start, critic: start };
  const { ppo } = PAPER_SCALES.fast;
  // Far too fast: an untrained model stops speaking within a few iterations.
  const reckless = {
    ...{ ...ppo, steps: 40, learningRate: 0.3, questions: 24, minibatch: 12, epochs: 1, rounds: 0 },
    kinds: ['existence', 'spatial'] as const,
  };
  const options = {
    ...{ from, variant: { ...VARIANTS[0], name: 'base, PPO' }, reward: 'oracle' as const },
    ...{ scale: { ...PAPER_SCALES.fast, ppo: reckless }, seed: 1, out, signal: new AbortController().signal },
  };
  const found = await reinforce(options);
  expect(found.alarm).toContain('looks like reward hacking');
  const said = /the trajectories are in (\S+alarms\.json)/.exec(found.alarm ?? '')?.[1] ?? '';
  expect(said).toMatch(/^training\b/);
  const evidence = join(out, said);
  const { iteration } = JSON.parse(await readFile(evidence, 'utf8')) as { iteration: number };
  expect(iteration).toBeGreaterThan(0);
  // The line of its first update says how many alarms there are; those before it had none.
  const lines = await readMetrics(join(evidence, '..', 'metrics.jsonl'));
  expect(lines.at(-1)).toMatchObject({
    step: 2 * iteration + 1,
    parts: { alarms: expect.any(Number) as number },
  });
  expect(lines.flatMap(({ parts }) => parts['alarms'] ?? []).map((count) => count > 0)).toEqual(
    Array.from({ length: iteration + 1 }, (_, at) => at === iteration),
  );
  // Two updates an iteration: what gave the alarm is the last checkpoint, the row is what was there before it.
  const last = await lastCheckpoint(join(evidence, '..'));
  expect(last).toContain(`step-${2 * iteration}`);
  const expected = iteration === 1 ? folder : join(evidence, '..', `step-${2 * (iteration - 1)}`);
  expect(found.checkpoint).toBe(expected);
  const [now, before] = await Promise.all(
    [found.checkpoint, last ?? ''].map((each) => fileSha256(join(each, 'model.safetensors'))),
  );
  expect(now).not.toBe(before);
  // A run that goes on ends in the same row.
  const again = await reinforce(options);
  expect(again.checkpoint).toBe(found.checkpoint);
}, 300_000);
