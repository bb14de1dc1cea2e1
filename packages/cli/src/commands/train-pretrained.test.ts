import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScenes } from '@fgam/data';
import { loadAdapter, loadPretrained, mergeAdapter, type PretrainedModel } from '@fgam/models';
import { readMetrics } from '@fgam/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));
const QUESTION = 'is there a circle ?';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await temporary('pretrained');
  await writeScenes({ out: join(folder, 'scenes'), count: 6, seed: 3, split: 'train' });
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', join(folder, 'corrections'));
  const [line = ''] = (await readFile(trajectories(), 'utf8')).split('\n');
  image = join(folder, 'scenes', (JSON.parse(line) as { image: string }).image);
});

function trajectories(): string {
  return join(folder, 'corrections', 'trajectories.jsonl');
}

/** Writes a config of a few updates into `NAME.json`; its output folder is `NAME`. */
async function config(name: string, model: string, parts: object = {}): Promise<string> {
  const path = join(folder, `${name}.json`);
  const whole = {
    model: join(fixtures, model),
    out: name,
    data: trajectories(),
    images: join(folder, 'scenes'),
    steps: 4,
    batchSize: 2,
    saveEvery: 2,
    schedule: { learningRate: 0.01 },
    ...parts,
  };
  await writeFile(path, JSON.stringify(whole));
  return path;
}

const train = (path: string, ...flags: readonly string[]) =>
  fgamJson('train', 'sft', '--config', path, ...flags);
const generate = (model: string, ...flags: readonly string[]) =>
  fgamJson(
    ...['generate', '--model', model, '--image', image, '--question', QUESTION, '--max-tokens', '8'],
    ...flags,
  );

/** Names of the weights that two models of one form do not share. */
function changed(before: PretrainedModel, after: PretrainedModel): string[] {
  return Object.keys(before.weights).filter((name) =>
    before.weights[name]?.data.some((value, i) => value !== after.weights[name]?.data[i]),
  );
}

describe.each(['tiny-llava', 'tiny-qwen2-vl', 'tiny-instructblip', 'tiny-minigpt4'])(
  'fgam train sft with %s',
  (name) => {
    test('trains an adapter on corrections, resumes bit for bit, merges, and generates from both', async () => {
      const adapter = { rank: 2, alpha: 4, targets: ['q_proj', 'v_proj', 'down_proj'] };
      const path = await config(`${name}-lora`, name, { adapter });
      const whole = await train(path, '--merge');
      const out = join(folder, `${name}-lora`);
      expect(whole).toMatchObject({
        model: join(fixtures, name),
        adapter: join(out, 'adapter'),
        merged: join(out, 'model'),
      });
      // Only the adapter is trained and saved.
      const { family } = await loadPretrained(join(fixtures, name), { weights: 'files' });
      const learnt = await loadAdapter(join(out, 'adapter'), family);
      expect(learnt).toMatchObject({ rank: 2, alpha: 4, targets: ['q_proj', 'v_proj', 'down_proj'] });
      const ups = Object.entries(learnt.weights).filter(([weight]) => weight.includes('lora_B'));
      expect(ups).toHaveLength(2 * 3);
      for (const [, { data }] of ups) expect(Math.hypot(...data)).toBeGreaterThan(0);
      const base = await loadPretrained(join(fixtures, name));
      const merged = await loadPretrained(join(out, 'model'));
      expect(changed(mergeAdapter(base, learnt), merged)).toEqual([]);
      const losses = (await readMetrics(join(out, 'metrics.jsonl'))).map(({ loss }) => loss);
      expect(losses.every((loss) => loss > 0)).toBe(true);

      const again = await config(`${name}-again`, name, { adapter });
      await rm(join(out, 'step-4'), { recursive: true });
      const resumed = await train(path, '--resume');
      const unstopped = await train(again);
      expect(resumed['sha256']).toBe(whole['sha256']);
      expect(unstopped['sha256']).toBe(whole['sha256']);

      const beside = await generate(join(fixtures, name), '--adapter', join(out, 'adapter'));
      const inside = await generate(join(out, 'model'));
      expect(beside['tokens']).toEqual(inside['tokens']);
      expect(beside['logprobs']).not.toEqual((await generate(join(fixtures, name)))['logprobs']);
    });
  },
);

describe('fgam train sft with HACL', () => {
  const onScenes = { data: '', images: undefined, steps: 2, hacl: { alpha: 0.5, embedDim: 8 } };

  test.each([
    ['tiny-llava', {}],
    ['tiny-minigpt4', { adapter: { rank: 2 } }],
  ])(
    '%s contrasts images, captions and wrong captions, and writes a model without its heads',
    async (name, parts) => {
      const data = join(folder, 'scenes');
      const path = await config(`${name}-hacl`, name, { ...onScenes, data, ...parts });
      const said = await train(path, ...('adapter' in parts ? ['--merge'] : []));
      expect(said['weights']).toMatchObject({ tokens: 1, hacl: 0.5 });
      const [line] = await readMetrics(join(folder, `${name}-hacl`, 'metrics.jsonl'));
      expect(line?.loss).toBeCloseTo((line?.parts['tokens'] ?? 0) + 0.5 * (line?.parts['hacl'] ?? 0), 4);
      expect(line?.parts['hacl']).toBeGreaterThan(0);
      const trained = await loadPretrained(join(folder, `${name}-hacl`, 'model'));
      expect(changed(await loadPretrained(join(fixtures, name)), trained)).not.toEqual([]);
    },
  );

  test('is refused without captions, for a family whose visual tokens are no row of the image’s own, and without alpha', async () => {
    const { hacl } = onScenes;
    const error = async (path: string) => (await fgam('train', 'sft', '--config', path)).err;
    expect(await error(await config('hacl-corrections', 'tiny-llava', { hacl }))).toMatch(
      /hacl: expected a scenes folder as data with it/,
    );
    const data = join(folder, 'scenes');
    expect(await error(await config('hacl-qwen', 'tiny-qwen2-vl', { ...onScenes, data }))).toMatch(
      /haclLoss: expected a family/,
    );
    const bare = await config('hacl-bare', 'tiny-llava', { ...onScenes, data, hacl: { embedDim: 8 } });
    expect(await error(bare)).toMatch(/hacl\.alpha/);
    const compact = await config('hacl-compact', '../../nowhere', { ...onScenes, data });
    expect(await error(compact)).toMatch(/hacl: expected a folder of the Hugging Face hub/);
  });
});

describe('fgam train sft with parts frozen', () => {
  test.each([
    ['tiny-llava', ['vision'], /^(?:multi_modal_projector|language_model)\./],
    ['tiny-qwen2-vl', ['vision', 'language'], /^visual\.merger\./],
    ['tiny-blip2', ['vision', 'language'], /^(?:qformer|query_tokens|language_projection)/],
  ])('%s without %s trains the rest and leaves these as they were', async (name, frozen, rest) => {
    const path = await config(`${name}-frozen`, name, { frozen, steps: 2, recompute: true });
    const { model } = await train(path);
    const base = await loadPretrained(join(fixtures, name));
    const trained = changed(base, await loadPretrained(String(model)));
    for (const weight of trained) expect(weight).toMatch(rest);
    const expected = Object.keys(base.weights).filter((weight) => rest.test(weight));
    // Key biases move a softmax by nothing.
    const missed = expected.filter((weight) => !trained.includes(weight));
    for (const weight of missed) expect(weight).toMatch(/key\.bias$/);
    expect((await generate(String(model)))['tokens']).not.toHaveLength(0);
  });
});

test('parts of a batch, a fixed length of rows and a worker are other ways to the same losses', async () => {
  const adapter = { rank: 2 };
  const lossOf = async (name: string, parts: object) => {
    await train(await config(name, 'tiny-llava', { adapter, steps: 2, ...parts }));
    return (await readMetrics(join(folder, name, 'metrics.jsonl'))).at(-1)?.loss ?? Number.NaN;
  };
  const scenes = { data: join(folder, 'scenes'), images: undefined, batchSize: 4 };
  const one = await lossOf('padded-less', scenes);
  const more = await lossOf('padded-more', { ...scenes, rowTokens: 256, worker: true });
  expect(more / one).toBeCloseTo(1, 5);
  const parted = await lossOf('parted', { ...scenes, microBatches: 2 });
  expect(parted / one).toBeCloseTo(1, 5);
});

test('trajectories of `fgam rectify --out` name their images from the root', async () => {
  const lines = (await readFile(trajectories(), 'utf8')).trim().split('\n').slice(0, 4);
  const rooted = lines.map((line) => {
    const trajectory = JSON.parse(line) as { image: string };
    return JSON.stringify({ ...trajectory, image: join(folder, 'scenes', trajectory.image) });
  });
  const data = join(folder, 'rooted.jsonl');
  await writeFile(data, `${rooted.join('\n')}\n`);
  const path = await config('rooted', 'tiny-llava', {
    adapter: { rank: 2 },
    steps: 1,
    data,
    images: undefined,
  });
  expect(await train(path)).toMatchObject({ steps: 1 });
});

test('the rectification module is trained on the feedback of corrections and scenes', async () => {
  const adapter = { rank: 2 };
  const prompts = 'paper-1';
  const path = await config('critic', 'tiny-llava', { adapter, prompts, steps: 1 });
  expect(await fgamJson('train', 'rm', '--config', path)).toMatchObject({ stage: 'rm', steps: 1 });
  const scenes = { data: join(folder, 'scenes'), images: undefined, wrongShare: 0.5, prompts };
  const ofScenes = await config('critic-scenes', 'tiny-llava', { adapter, steps: 1, ...scenes });
  expect(await fgamJson('train', 'rm', '--config', ofScenes)).toMatchObject({ stage: 'rm', steps: 1 });
});

describe('what does not fit is refused before anything is trained', () => {
  test.each<[string, string, object, RegExp]>([
    ['both', 'tiny-llava', { adapter: { rank: 2 }, frozen: ['vision'] }, /adapter or frozen, not both/],
    [
      'foreign',
      'tiny-llava',
      { frozen: ['qFormer'] },
      /frozen: expected some of vision, connector, language/,
    ],
    ['nothing', 'tiny-llava', { frozen: ['vision', 'connector', 'language'] }, /expected some of/],
    ['targets', 'tiny-llava', { adapter: { rank: 2, targets: ['fc1'] } }, /adapter\.targets\.0/],
    [
      'short',
      'tiny-llava',
      { adapter: { rank: 2 }, rowTokens: 8 },
      /fit rows of 8 tokens.*got none of \d+; raise rowTokens/,
    ],
    ['drafted', 'tiny-llava', { corrections: { share: 0.5, wrongShare: 1 } }, /corrections\.wrongShare/],
    [
      'compact',
      '../../no-model',
      { adapter: { rank: 2 } },
      /adapter.*expected a folder of the Hugging Face hub/,
    ],
  ])('%s', async (name, model, parts, message) => {
    const refused = await fgam('train', 'sft', '--config', await config(name, model, parts));
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(message);
    expect(existsSync(join(folder, name, 'step-4'))).toBe(false);
  });

  test('stage 1, and --merge without an adapter', async () => {
    const path = await config('unmerged', 'tiny-llava');
    const whole = await fgam('train', 'sft', '--config', path, '--merge');
    expect(whole).toMatchObject({ code: 2, out: '' });
    expect(whole.err).toMatch(/expected an adapter/);
    const weights = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
    const stage1 = await config('stage1', 'tiny-llava', { weights, images: undefined });
    expect((await fgam('train', 'stage1', '--config', stage1)).err).toMatch(/for stage1/);
    expect((await fgam('train', 'stage1', '--config', stage1, '--merge')).err).toMatch(/unknown option/);
  });

  test('another base under the same names', async () => {
    const adapter = { rank: 2, targets: ['q_proj'] };
    const path = await config('base', 'tiny-llava', { adapter, steps: 2 });
    await train(path);
    const other = await config('base', 'tiny-llava-4x', { adapter, steps: 2 });
    expect((await fgam('train', 'sft', '--config', other, '--resume')).err).toMatch(/step\.(?:files|base)/);
  });
});
