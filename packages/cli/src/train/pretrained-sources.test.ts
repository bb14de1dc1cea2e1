import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trajectory } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { pretrainedSources } from './pretrained-sources.js';
import type { TrainConfig } from './train-config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretrained-sources-'));
});
afterAll(() => rm(folder, { recursive: true }));

const alone: Trajectory = {
  id: 'alone',
  image: 'a.png',
  question: 'is there a cat ?',
  attempts: [
    { response: 'yes', feedback: { verdict: 'revise', issues: [], text: 'object : there is no cat' } },
    { response: 'no', feedback: { verdict: 'accept' } },
  ],
  final: 'no',
  stop: 'accepted',
};
const within: Trajectory = {
  ...alone,
  id: 'within',
  question: 'and the left one ?',
  context: { turns: [{ role: 'user', text: 'look' }], images: [] },
};

async function sourcesOf(stage: 'sft' | 'rm', trajectories: readonly Trajectory[]) {
  const data = join(folder, 'told.jsonl');
  await writeFile(data, formatTrajectories(trajectories));
  const config: TrainConfig = {
    ...{ stage, data, model: 'any', isPretrained: true, out: folder, steps: 1, batchSize: 1, seed: 0 },
    ...{ schedule: { learningRate: 1 }, optimizer: {} },
    weights: { tokens: 1, global: 0, regionText: 0, spatial: 0 },
  };
  return pretrainedSources(config);
}

it.each(['sft', 'rm'] as const)(
  '%s: leaves out what was said within a conversation, and says so',
  async (stage) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const expected = await sourcesOf(stage, [alone]);
    expect(said).not.toHaveBeenCalled();
    expect(expected.flatMap(({ examples }) => examples)).toHaveLength(stage === 'sft' ? 2 : 1);
    expect(await sourcesOf(stage, [within, alone, within])).toEqual(expected);
    expect(said.mock.calls.join()).toContain('2 of 3 trajectories left out: they are within conversations');
    said.mockRestore();
  },
);

it('refuses a file of conversations alone, and says why', async () => {
  await expect(sourcesOf('sft', [within])).rejects.toMatchObject({
    code: 'data/empty',
    message: expect.stringContaining('got 1 within conversations') as string,
  });
});
