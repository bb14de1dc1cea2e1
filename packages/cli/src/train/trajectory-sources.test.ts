import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trajectory } from '@fgam/data';
import { parseFeedback } from '@fgam/rectifier';
import { expect, test, vi } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readTrainConfig } from './train-config.js';
import { trajectorySources } from './trajectory-sources.js';

const refused = (response: string, correction: string) => ({
  response,
  feedback: parseFeedback(`object : ${correction}`, { response }),
});
const accept = (response: string) => ({ response, feedback: { verdict: 'accept' } as const });
const cat = { image: 'cat.png', question: 'how many cats ?' };

const TRAJECTORIES: readonly Trajectory[] = [
  {
    ...{ id: 'two rounds', ...cat, final: '3', stop: 'accepted' },
    attempts: [refused('1', 'there are 2'), refused('2', 'there are 3'), accept('3')],
  },
  { ...{ id: 'at once', ...cat, final: '4', stop: 'accepted' }, attempts: [accept('4')] },
  {
    ...{ id: 'still wrong', ...cat, final: '6', stop: 'max-rounds' },
    attempts: [refused('5', 'there are 6'), refused('6', 'there are 7')],
  },
  {
    ...{ id: 'deaf', ...cat, final: '8', stop: 'unchanged' },
    attempts: [refused('8', 'there are 9'), { response: '8' }],
  },
];

test('revisions are taught towards what was accepted in the end, and those that were refused are not', async () => {
  const folder = await temporary('trajectory-sources');
  const data = join(folder, 'trajectories.jsonl');
  await writeFile(data, TRAJECTORIES.map((each) => JSON.stringify(each)).join('\n'));
  const config = join(folder, 'sft.json');
  const common = { data, model: 'compact-base', out: 'out', steps: 1, batchSize: 1 };
  await writeFile(config, JSON.stringify({ ...common, schedule: { learningRate: 0.1 } }));
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const sources = await trajectorySources(await readTrainConfig('sft', config));
  const heard = said.mock.calls.join('');
  said.mockRestore();
  const taught = (name: string) =>
    sources
      .filter((source) => source.name === name)
      .flatMap(({ examples }) => examples.flatMap(({ segments }) => segments))
      .map(({ prompt, answer }) => `${prompt} ${answer}`);
  expect(taught('answers')).toEqual([
    'User: how many cats ? Assistant: 3',
    'User: how many cats ? Assistant: 4',
  ]);
  expect(taught('reviser')).toEqual([
    'User: how many cats ? Assistant: 1 Feedback: object : there are 2 Assistant (Revised): 3',
    'User: how many cats ? Assistant: 2 Feedback: object : there are 3 Assistant (Revised): 3',
  ]);
  expect(heard).toContain('2 of 4 trajectories did not end accepted');
});
