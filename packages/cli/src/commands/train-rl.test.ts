import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
import { readScenes } from '@fgam/data';
import { loadModel } from '@fgam/models';
import { readMetrics } from '@fgam/trainer';
import { beforeAll, expect, test } from 'vitest';
import { readDpoConfig } from '../train/dpo-config.js';
import { writeCalibrations } from '../ports/calibration-file.js';
import { GROUNDED, openCritic, type OpenCritic, openRewardCritic } from '../ports/open-critic.js';
import { readSceneData } from '../scene-data.js';
import { openNamedModel } from '../train/open-model.js';
import { readHybridConfig } from '../train/hybrid-config.js';
import { readRlConfig } from '../train/rl-config.js';
import type { RlSummary } from '../train/run-rl.js';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

let folder: string;

const rl = {
  steps: 4,
  critic: 'oracle',
  kinds: ['existence', 'spatial'],
  questions: 8,
  minibatch: 4,
  epochs: 1,
  maxTokens: 8,
  schedule: { learningRate: 0.001 },
  // An untrained model says anything.
  alarms: { length: 50, refusals: 1, yesRatio: 1 },
};

beforeAll(async () => {
  folder = await sceneWorkshop(8);
});

async function write(name: string, config: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(config));
  return path;
}

test.each(['ppo', 'grpo'])(
  'rl by %s writes a model, metrics of its iterations, and goes on where it stopped',
  async (algorithm) => {
    const common = { data: 'scenes', model: 'compact-base', ...rl, algorithm, samples: 2 };
    const path = await write(algorithm, { ...common, out: algorithm });
    const result = await fgamJson('train', 'rl', '--config', path);
    expect(result).toMatchObject({ stage: 'rl', steps: 4, out: join(folder, algorithm) });
    // 8 questions, 2 samples each, 4 a minibatch: the four updates are one iteration.
    const lines = await readMetrics(join(folder, algorithm, 'metrics.jsonl'));
    expect(lines.map(({ parts }) => parts['reward'] !== undefined)).toEqual([true, false, false, false]);
    const model = await loadModel(String(result['model']));
    const before = await loadModel(BASE_MODEL_FOLDER);
    expect(Object.keys(model.weights).sort()).toEqual(Object.keys(before.weights).sort());
    expect(model.weights['language_model.model.embed_tokens.weight']?.data).not.toEqual(
      before.weights['language_model.model.embed_tokens.weight']?.data,
    );
    const again = await fgam('train', 'rl', '--config', path, '--resume', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ sha256: result['sha256'] });
    expect(again.err).toContain('an iteration has 16 trajectories, and fewer than 20 say too little');
    const other = await write(`${algorithm}-other`, {
      ...common,
      out: algorithm,
      critic: 'grounded',
      rounds: 2,
    });
    const refused = await fgam('train', 'rl', '--config', other, '--resume');
    expect(refused.err).toMatch(/these differ: .*sampling\.critic, .*sampling\.rounds/);
  },
);

test('claims that earn their own rewards are in the checkpoint, and are another run', async () => {
  const common = { data: 'scenes', model: 'compact-base', ...rl, kinds: ['caption'], out: 'claims' };
  const path = await write('claims', { ...common, credit: 'claim' });
  const result = await fgamJson('train', 'rl', '--config', path);
  const memory = await readFile(join(String(result['checkpoint']), 'memory.json'), 'utf8');
  expect(memory).toMatch(/"claims":\[\{"token":\d+,"reward":-?0\.\d+\}/);
  const again = await fgam('train', 'rl', '--config', path, '--resume', '--json');
  expect(JSON.parse(again.out)).toMatchObject({ sha256: result['sha256'] });
  const other = await write('claims-other', common);
  const refused = await fgam('train', 'rl', '--config', other, '--resume');
  expect(refused.err).toContain('these differ: step.sampling.credit');
});

test('hybrid tunes first and reinforces from there; stopped in either part, it goes on bit for bit', async () => {
  const path = await write('hybrid', {
    data: 'scenes',
    model: 'tiny',
    out: 'hybrid',
    sft: { steps: 12, batchSize: 4, corrections: { share: 0.5 }, schedule: { learningRate: 0.001 } },
    rl: { ...rl, steps: 6 },
  });
  const result = await fgamJson('train', 'hybrid', '--config', path);
  expect(result).toMatchObject({ stage: 'hybrid', sft: { steps: 12 }, rl: { steps: 6 } });
  expect(result['model']).toBe(join(folder, 'hybrid', 'rl', 'model'));
  expect(existsSync(join(folder, 'hybrid', 'sft', 'model', 'model.safetensors'))).toBe(true);

  // Lines: of SFT at its updates 10 and 12, of RL at each, two an iteration.
  const run = async (...args: readonly string[]) =>
    fgam('train', 'hybrid', '--config', path, '--out', join(folder, 'stopped'), '--json', ...args);
  for (const [at, lines] of [1, 1 + 3].entries()) {
    const stop = join(folder, `stop-${at}.mjs`);
    await writeFile(
      stop,
      `let lines = 0; export default () => { if (++lines === ${lines}) process.emit('SIGINT'); };`,
    );
    const stopped = await run('--metrics-to', stop, ...(at === 0 ? [] : ['--resume']));
    expect(stopped.code).toBe(1);
    expect(stopped.out).toContain('the same command with --resume goes on');
  }
  const figures = async (out: string) =>
    (await readMetrics(join(folder, out, 'rl', 'metrics.jsonl'))).map(
      ({ step, loss, parts, gradientNorm }) => ({
        ...{ step, loss, parts, gradientNorm },
      }),
    );
  const [sft, reinforced] = ['sft', 'rl'].map((part) => (result[part] as RlSummary).sha256);
  // Once more where there is nothing left to do.
  for (let sitting = 0; sitting < 2; sitting += 1) {
    expect(JSON.parse((await run('--resume')).out)).toMatchObject({
      ...{ sft: { sha256: sft }, rl: { sha256: reinforced } },
    });
    expect(await figures('stopped')).toEqual(await figures('hybrid'));
  }
});

test('dpo prefers what was accepted to what was refused', async () => {
  const { samples } = await readScenes(join(folder, 'scenes'));
  const trajectories = samples.slice(0, 4).map(({ id, image }) => ({
    id,
    image,
    question: 'is there a red circle ?',
    attempts: [
      { response: 'yes', feedback: { verdict: 'revise', issues: [], text: 'wrong' } },
      { response: 'no', feedback: { verdict: 'accept' } },
    ],
    final: 'no',
    stop: 'accepted',
  }));
  const never = { ...trajectories[0], id: 'never', stop: 'max-rounds' };
  const context = { turns: [{ role: 'user', text: 'look' }], images: [] };
  const within = { ...trajectories[0], id: 'within', context };
  const right = {
    ...trajectories[0],
    id: 'right',
    attempts: [{ response: 'no', feedback: { verdict: 'accept' } }],
  };
  const unknown = {
    ...trajectories[0],
    id: 'unknown',
    attempts: [{ response: 'turquoise', feedback: { verdict: 'revise', issues: [], text: 'wrong' } }],
    final: 'magenta',
  };
  // Another was accepted in the end than the one that is final.
  const torn = {
    ...trajectories[0],
    id: 'torn',
    attempts: [
      { response: 'yes', feedback: { verdict: 'revise', issues: [], text: 'wrong' } },
      { response: 'maybe', feedback: { verdict: 'revise', issues: [], text: 'wrong' } },
      { response: 'no', feedback: { verdict: 'accept' } },
    ],
    final: 'maybe',
  };
  // A refusal that says nothing is an acceptance.
  const silent = {
    ...trajectories[0],
    id: 'silent',
    attempts: [
      { response: 'yes', feedback: { verdict: 'revise', issues: [], text: 'wrong' } },
      { response: 'no', feedback: { verdict: 'revise', issues: [], text: '' } },
    ],
    final: 'no',
  };
  const all = [...trajectories, never, within, right, unknown, torn, silent];
  const lines = all.map((each) => JSON.stringify(each)).join('\n');
  await writeFile(join(folder, 'told.jsonl'), `${lines}\n`);
  const config = { data: 'told.jsonl', model: 'tiny', batchSize: 2, schedule: { learningRate: 0.01 } };
  const path = await write('dpo', { ...config, out: 'dpo', steps: 12 });
  const trained = await fgam('train', 'dpo', '--config', path, '--json');
  const result = JSON.parse(trained.out) as Record<string, unknown>;
  expect(result).toMatchObject({ stage: 'dpo', pairs: 5, steps: 12 });
  expect(trained.err).toContain('1 of 10 trajectories left out: they are within conversations');
  expect(trained.err).toContain(
    '6 pairs of an accepted and a refused response; 3 of 9 trajectories give none: 1 not accepted in the end, 1 accepted at first, 1 accepted as it was refused',
  );
  expect(trained.err).toContain('1 of 6 pairs left out: both responses are the same tokens; ids unknown');
  expect(result['loss']).toBeLessThan(Math.log(2));
  await writeFile(join(folder, 'none.jsonl'), `${JSON.stringify(never)}\n`);
  const refused = await fgam(
    'train',
    'dpo',
    '--config',
    path,
    '--data',
    join(folder, 'none.jsonl'),
    '--out',
    join(folder, 'none'),
  );
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.err).toContain(
    'expected trajectories that were refused and then accepted, got none (1 not accepted in the end)',
  );
});

test('dpo takes what data trajectories wrote, and asks for what its images are relative to before it trains', async () => {
  const out = join(folder, 'corrections');
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', out);
  const config = {
    ...{ data: 'corrections', model: 'tiny', out: 'by-folder' },
    ...{ steps: 1, batchSize: 2, schedule: { learningRate: 0.01 } },
  };
  const refused = await fgam('train', 'dpo', '--config', await write('by-folder', config));
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(
    /images: expected the images of .*trajectories\.jsonl relative to .*corrections, the file's own folder, found (\d+) of \1 not there, the first images\/0+\d+\.png; set images/,
  );
  expect(existsSync(join(folder, 'by-folder'))).toBe(false);
  const path = await write('by-folder', { ...config, images: 'scenes' });
  expect(await fgamJson('train', 'dpo', '--config', path)).toMatchObject({ stage: 'dpo', steps: 1 });
});

test('hybrid is not begun where RL would find no critic', async () => {
  const path = await write('early', {
    data: 'scenes',
    model: 'tiny',
    out: 'early',
    sft: { steps: 2, batchSize: 4, schedule: { learningRate: 0.001 } },
    rl: { ...rl, critic: 'nowhere' },
  });
  expect((await fgam('train', 'hybrid', '--config', path)).err).toContain('nowhere');
  expect(existsSync(join(folder, 'early'))).toBe(false);
});

test('hybrid is not begun where an iteration of RL would ask more than there is', async () => {
  const path = await write('greedy', {
    data: 'scenes',
    model: 'tiny',
    out: 'greedy',
    sft: { steps: 2, batchSize: 4, schedule: { learningRate: 0.001 } },
    rl: { ...rl, questions: 4000 },
  });
  expect((await fgam('train', 'hybrid', '--config', path)).err).toMatch(
    /questions: expected at most the \d+ of existence, spatial in .*scenes, got 4000; ask fewer/,
  );
  expect(existsSync(join(folder, 'greedy'))).toBe(false);
});

test('a module that reads evidence is a reward, by the name that --critic takes', async () => {
  const common = { data: 'scenes', model: 'compact-base', ...rl, out: 'text', steps: 1, questions: 4 };
  // Who watches itself is never apart.
  const critic = 'text:compact-module';
  const path = await write('text', { ...common, critic, auditor: critic });
  const alike = { first: 0, last: 0 };
  expect(await fgamJson('train', 'rl', '--config', path)).toMatchObject({
    ...{ stage: 'rl', steps: 1, disagreement: alike },
  });
  const other = await write('text-other', {
    ...{ ...common, out: 'text-other', questions: 24, kinds: ['grounding', 'reasoning'] },
    ...{ critic: 'oracle', auditor: critic },
  });
  const watched = (await fgamJson('train', 'rl', '--config', other)) as unknown as RlSummary;
  expect(watched.disagreement?.first).toBeGreaterThan(0);
  expect(watched.disagreement?.first).toBeLessThan(0.5);
  const placed = await write('text-folder', {
    ...common,
    critic: 'text:module',
    auditor: 'text:compact-module',
  });
  expect(await readRlConfig(placed)).toMatchObject({
    critic: `text:${join(folder, 'module')}`,
    auditor: 'text:compact-module',
  });
  const plain = await write('text-plain', { ...common, critic: 'compact-module' });
  expect((await fgam('train', 'rl', '--config', plain)).err).toContain('name it text:compact-module');
});

test('a reward is what its critic says, whatever calibration lets stand', async () => {
  const model = join(folder, 'calibrated');
  await cp(BASE_MODEL_FOLDER, model, { recursive: true });
  await writeCalibrations(model, { [GROUNDED]: { refusals: {} } });
  const { samples, questions } = await readSceneData(join(folder, 'scenes'));
  const asked = questions
    .filter(({ kind }) => kind === 'existence')
    .map(({ question, sample }) => ({
      image: samples.find(({ id }) => id === sample)?.image ?? '',
      question,
    }));
  const verdictsOf = async (opened: OpenCritic): Promise<string[]> => {
    const feedbacks = await opened.critic.critique(asked.map((each) => ({ ...each, response: 'yes' })));
    await opened.dispose();
    return feedbacks.map(({ verdict }) => verdict);
  };
  const answering = await openNamedModel(model);
  expect(await verdictsOf(await openCritic(GROUNDED, answering))).not.toContain('revise');
  expect(await verdictsOf(await openRewardCritic(GROUNDED, answering))).toContain('revise');
});

test('faults of a config are told at once, with the part that they are in', async () => {
  const path = await write('bad', {
    data: 'scenes',
    out: 'x',
    ...rl,
    epochs: 0,
    kinds: ['colour'],
    rewards: 1,
  });
  const refused = await fgam('train', 'rl', '--config', path);
  expect(refused.code).toBe(1);
  for (const fault of ['model:', 'epochs:', 'kinds.0:', 'rewards: unknown key'])
    expect(refused.err).toContain(fault);
  const both = await write('bad-hybrid', {
    data: 'scenes',
    model: 'tiny',
    out: 'x',
    sft: { seed: 1 },
    rl: { out: 'y' },
  });
  await expect(readHybridConfig(both)).rejects.toThrow(
    'sft.seed: it belongs to the whole run; rl.out: it belongs to the whole run',
  );
  const parts = await write('bad-parts', {
    data: 'scenes',
    model: 'tiny',
    out: 'x',
    sft: { steps: 2, batchSize: 4, microBatches: 3, frozen: ['vision'], schedule: { learningRate: 0.001 } },
    rl: { ...rl, adapter: { rank: 8 }, epochs: 0, rewards: 1 },
  });
  const { err } = await fgam('train', 'hybrid', '--config', parts);
  for (const fault of [
    'sft.microBatches: expected a divisor of batchSize 4, got 3',
    'sft.frozen: expected a folder of the Hugging Face hub as model beside it',
    'rl.adapter: it belongs to sft',
    'rl.epochs: ',
    'rl.rewards: unknown key',
  ])
    expect(err).toContain(fault);
});

type Fault = readonly [what: string, parts: object, fault: string];

const TOGETHER: readonly Fault[] = [
  [
    'more than an iteration has',
    { minibatch: 9 },
    'minibatch: expected at most questions * samples (8 * 1), got 9',
  ],
  ['one answer to compare', { algorithm: 'grpo' }, 'samples: expected at least 2 with GRPO'],
  [
    'no groups',
    { questionsPerRow: 3 },
    'questionsPerRow: expected a divisor of questions (8) and minibatch (4), got 3',
  ],
  [
    'rows that a checkpoint has not',
    { questionsPerRow: 2, adapter: { rank: 2 } },
    'questionsPerRow: expected with compact models alone',
  ],
  ...['gamma', 'lambda', 'valueWeight', 'roundDiscount'].map(
    (key): Fault => [
      `GRPO with ${key}`,
      { algorithm: 'grpo', samples: 2, [key]: 0.5 },
      `${key}: expected with PPO alone`,
    ],
  ),
  ['GRPO by claims', { algorithm: 'grpo', samples: 2, credit: 'claim' }, 'credit: expected with PPO alone'],
  [
    'GRPO with a target',
    { algorithm: 'grpo', samples: 2, adaptiveKl: { target: 1 } },
    'adaptiveKl: expected with PPO alone',
  ],
  [
    'a target of no coefficient',
    { klCoefficient: 0, adaptiveKl: { target: 1 } },
    'adaptiveKl: expected a klCo',
  ],
  [
    'a limit of nobody',
    { alarms: { disagreement: 0.1 } },
    'alarms.disagreement: expected an auditor with it',
  ],
];

test.each(TOGETHER)('rl refuses settings that mean nothing together: %s', async (_, parts, fault) => {
  const path = await write('together', {
    data: 'scenes',
    model: 'tiny',
    out: 'x',
    ...rl,
    ...parts,
  });
  await expect(readRlConfig(path)).rejects.toMatchObject({
    code: 'fgam/bad-config',
    message: expect.stringContaining(fault) as string,
  });
});

test('all settings that mean nothing together are told at once', async () => {
  const parts = { algorithm: 'grpo', gamma: 0.5, lambda: 0.9, minibatch: 9 };
  const path = await write('at-once', { data: 'scenes', model: 'tiny', out: 'x', ...rl, ...parts });
  const { err } = await fgam('train', 'rl', '--config', path);
  for (const key of ['samples', 'gamma', 'lambda', 'minibatch']) expect(err).toContain(`${key}: expected`);
});

test('the recipes are read', async () => {
  const recipes = new URL('../../recipes/', import.meta.url).pathname;
  expect(await readDpoConfig(join(recipes, 'scenes-dpo.json'))).toMatchObject({
    ...{ beta: 0.1, batchSize: 16 },
    images: join(recipes, 'scenes'),
  });
  expect(await readRlConfig(join(recipes, 'scenes-rl.json'))).toMatchObject({
    auditor: 'grounded',
    minibatch: 32,
  });
  const { sft, rl: after } = await readHybridConfig(join(recipes, 'scenes-hybrid.json'));
  expect(after.model).toBe(join(sft.out, 'model'));
});
