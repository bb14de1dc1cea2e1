import { expect, test } from 'vitest';
import { fgam } from './command.test-support.js';

/** A command's help on one line. */
const helpOf = async (command: string): Promise<string> =>
  (await fgam(...command.split(' '), '--help')).out.replaceAll(/\s+/g, ' ');

test.each([
  'quickstart',
  'doctor',
  ...['build', 'work', 'label', 'describe', 'filter', 'inspect', 'lint', 'questions', 'trajectories'].map(
    (name) => `data ${name}`,
  ),
  ...['stage1', 'sft', 'rm', 'rl', 'dpo', 'hybrid', 'base', 'grounding', 'module'].map(
    (name) => `train ${name}`,
  ),
  'generate',
  'rectify',
  'rectify calibrate',
  'serve',
  ...['run', 'run scenes', 'run recall', 'score', 'compare', 'errors', 'latency', 'report', 'reproduce'].map(
    (name) => `bench ${name}`,
  ),
  ...['human-eval serve', 'human-eval report', 'view', 'export'],
])('fgam %s tells each default once', async (command) => {
  const { code, out } = await fgam(...command.split(' '), '--help');
  expect(code).toBe(0);
  // An option begins with two spaces and its name; what follows belongs to it.
  for (const option of out.split(/\n(?= {2}-)/).slice(1))
    expect(option.split('default: ').length, option).toBeLessThanOrEqual(2);
});

test('help of training says which data and models a stage takes', async () => {
  const stage1 = await helpOf('train stage1');
  expect(stage1).not.toMatch(/--merge|Hugging Face|trajectories/);
  for (const stage of ['sft', 'rm']) {
    const text = await helpOf(`train ${stage}`);
    expect(text).toMatch(/--data <path> scenes or shard folder, or a file of trajectories, in place/);
    expect(text).toMatch(/--model <model> .*or a folder of the Hugging Face hub/);
    expect(text).toContain('--merge');
  }
  for (const stage of ['rl', 'hybrid'])
    expect(await helpOf(`train ${stage}`)).toContain('--data <path> scenes folder, in place');
  expect(await helpOf('train dpo')).toContain(
    '--data <path> trajectories file, or a folder of data trajectories, in place',
  );
});

test('help names the machine of a promised time, and that skips have no limit', async () => {
  expect(await helpOf('quickstart')).toContain('on two cores');
  for (const command of ['data build', 'data label', 'data describe', 'data filter', 'export'])
    expect(await helpOf(command)).toMatch(/--max-skips <n> [^-]*\(default: no limit\)/);
});

test('help of serve says which model its critic asks', async () => {
  expect(await helpOf('serve')).toContain("(default: --upstream-model, else the upstream's only model)");
});
