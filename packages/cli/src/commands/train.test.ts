import { existsSync } from 'node:fs';
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from '@fgam/models';
import { fileSha256, readMetrics } from '@fgam/trainer';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { interruptible } from '../interrupt.js';
import { runTrain } from '../train/run-train.js';
import { readTrainConfig } from '../train/train-config.js';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

let folder: string;

const base = { data: 'scenes', model: 'tiny', batchSize: 4, schedule: { learningRate: 0.001 } };
const weights = { tokens: 1, global: 1, regionText: 0.2, spatial: 0.1 };

beforeAll(async () => {
  folder = await sceneWorkshop(12);
});

/** Writes a config of two steps into `name.json`; its output folder is `name`. */
async function config(name: string, parts: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ ...base, out: name, steps: 2, ...parts }, null, 2));
  return path;
}

describe('fgam train', () => {
  test('stage1 writes a checkpoint and a model folder that opens', async () => {
    const path = await config('stage1', { weights });
    const result = await fgamJson('train', 'stage1', '--config', path);
    expect(result).toMatchObject({ out: join(folder, 'stage1'), steps: 2, weights });
    expect(result['loss']).toBeGreaterThan(0);
    const checkpoint = join(folder, 'stage1', 'step-2');
    expect(result['checkpoint']).toBe(checkpoint);
    expect(result['sha256']).toBe(await fileSha256(join(checkpoint, 'model.safetensors')));
    const trained = await loadModel(String(result['model']));
    const before = await loadModel(join(folder, 'tiny'));
    const name = 'fgam.region_logit_scale';
    expect(trained.weights[name]?.data).not.toEqual(before.weights[name]?.data);
  });

  test('stage1 with HACL and other heads writes a model that opens, and is resumed', async () => {
    const parts = {
      weights: { ...weights, hardNegatives: 0.1, spatialText: 0.1, hacl: 0.5 },
      negatives: { columns: true },
      wrongCaptions: 2,
      heads: {
        relation_features: 'interactive',
        relation_transformer: { num_attention_heads: 2, intermediate_size: 16 },
        text_tower: { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 },
      },
      saveEvery: 1,
    };
    const path = await config('options', parts);
    const result = await fgamJson('train', 'stage1', '--config', path);
    const [line] = await readMetrics(join(folder, 'options', 'metrics.jsonl'));
    expect(Object.keys(line?.parts ?? {})).toEqual(
      expect.arrayContaining(['hacl', 'hardNegatives', 'regionText', 'spatial', 'spatialText']),
    );
    const { config: trained, weights: after } = await loadModel(String(result['model']));
    expect(trained.fgam).toMatchObject({ hacl_embed_dim: 64, relation_features: 'interactive' });
    expect(trained.fgam.text_tower).toMatchObject({ hidden_size: 16, num_hidden_layers: 1 });
    expect(Object.keys(after)).toContain('fgam.relation_head.classifier.weight');
    const resumed = await fgamJson('train', 'stage1', '--config', path, '--resume');
    expect(resumed['sha256']).toBe(result['sha256']);
    // The trained model has the heads: they are trained on, not begun anew.
    const again = await config('options-again', { ...parts, model: 'options/model', heads: {} });
    expect(await fgamJson('train', 'stage1', '--config', again)).toMatchObject({ steps: 2 });
  });

  test('a folder with a checkpoint is refused, resumed, and refused to other settings and models', async () => {
    const path = await config('again', { weights, seed: 7 });
    const first = await fgamJson('train', 'stage1', '--config', path);
    const refused = await fgam('train', 'stage1', '--config', path);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('holds a checkpoint');
    const resumed = await fgamJson('train', 'stage1', '--config', path, '--resume');
    expect(resumed['sha256']).toBe(first['sha256']);
    const otherSeed = await fgam('train', 'stage1', '--config', path, '--resume', '--seed', '8');
    expect(otherSeed).toMatchObject({ code: 1 });
    expect(otherSeed.err).toContain('step.seed');
    // The compact model has other weights than the tiny one.
    const otherModel = await config('other-model', { weights, seed: 7, model: 'new', out: 'again' });
    const otherArchitecture = await fgam('train', 'stage1', '--config', otherModel, '--resume');
    expect(otherArchitecture).toMatchObject({ code: 1 });
    expect(otherArchitecture.err).toContain('step.config');
  });

  test('--backend is the same run elsewhere: losses and gradients equal to 1e-5', {
    timeout: 300_000,
  }, async () => {
    const path = await config('backends', { weights });
    const run = async (...flags: readonly string[]): Promise<Record<string, number>> => {
      const out = join(folder, ['backends', ...flags].join('-'));
      await fgamJson('train', 'stage1', '--config', path, '--out', out, ...flags);
      const [line] = await readMetrics(join(out, 'metrics.jsonl'));
      return {
        loss: line?.loss ?? Number.NaN,
        gradientNorm: line?.gradientNorm ?? Number.NaN,
        ...line?.parts,
      };
    };
    const expected = await run();
    expect(Object.keys(expected)).toEqual(
      expect.arrayContaining(['loss', 'gradientNorm', 'tokens', 'global', 'regionText', 'spatial']),
    );
    for (const backend of ['auto', 'tfjs-cpu', 'tfjs-wasm']) {
      const actual = await run('--backend', backend);
      for (const [name, value] of Object.entries(expected)) {
        const difference = Math.abs((actual[name] ?? Number.NaN) / value - 1);
        expect(difference, `${name} on ${backend}`).toBeLessThan(1e-5);
      }
    }
  });

  test('recompute, worker and microBatches are another way to the same losses', async () => {
    const ofAnswers = { tokens: 1, global: 0, regionText: 0, spatial: 0 };
    const lossesWith = async (name: string, parts: object): Promise<readonly number[]> => {
      await fgamJson('train', 'stage1', '--config', await config(name, { weights: ofAnswers, ...parts }));
      return (await readMetrics(join(folder, name, 'metrics.jsonl'))).map(({ loss }) => loss);
    };
    const [plain] = await lossesWith('in-parts', { microBatches: 2 });
    const [again] = await lossesWith('in-parts-again', { microBatches: 2, recompute: true, worker: true });
    expect((again ?? Number.NaN) / (plain ?? Number.NaN)).toBeCloseTo(1, 5);
    const resumed = await config('in-parts-again', { weights: ofAnswers, microBatches: 2, worker: true });
    const refused = await fgam('train', 'stage1', '--config', resumed, '--resume');
    expect(refused.err).toContain('step.recompute');
  });

  test('mixed precision is refused to the CPU', async () => {
    const path = await config('mixed', { weights, precision: 'mixed' });
    const refused = await fgam('train', 'stage1', '--config', path);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/GPU provider.*mixed precision/);
  });

  test('a worker is refused to a backend of tfjs before data is read', async () => {
    const path = await config('no-worker', { weights, worker: true, data: 'nowhere' });
    const refused = await fgam('train', 'stage1', '--config', path, '--backend', 'tfjs-cpu');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('worker: expected a backend of onnxruntime');
  });

  test('a backend that is not here is refused before anything is read, with the command that adds it', async () => {
    vi.stubEnv('FGAM_TFJS_NODE', join(folder, 'nowhere'));
    const { code, out, err } = await fgam('train', 'sft', '--config', 'x', '--backend', 'tfjs-node-gpu');
    vi.unstubAllEnvs();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/tfjs-node-gpu is not here: .*npm run setup:tfjs-node -- --gpu/);
  });

  test('a stopped run says --resume, which ends in the bytes of a run that was never stopped', async () => {
    const path = await config('stopped', { weights, steps: 40, saveEvery: 5 });
    const straight = await fgamJson('train', 'stage1', '--config', path, '--out', join(folder, 'straight'));
    const out = join(folder, 'stopped');
    const stopping = interruptible(async (signal) => {
      const poll = setInterval(() => {
        if (!existsSync(join(out, 'step-5'))) return;
        clearInterval(poll);
        process.emit('SIGINT');
      }, 1);
      return runTrain(await readTrainConfig('stage1', path), { resume: false, signal });
    }, 'the same command with --resume goes on');
    await expect(stopping).rejects.toMatchObject({
      code: 'fgam/interrupted',
      message: 'interrupted; the same command with --resume goes on',
    });
    const kept = (await readdir(out)).filter((name) => name.startsWith('step-'));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept).not.toContain('step-40');
    const resumed = await fgamJson('train', 'stage1', '--config', path, '--resume');
    expect(resumed['sha256']).toBe(straight['sha256']);
  });

  test('sft with corrections, and rm with drafts, read the model that stage 1 wrote', async () => {
    const questions = await readFile(join(folder, 'scenes', 'questions.jsonl'), 'utf8');
    const { id } = JSON.parse(questions.split('\n')[0] ?? '') as { id: string };
    await writeFile(join(folder, 'drafts.jsonl'), `${JSON.stringify({ question: id, response: 'yes' })}\n`);
    const sft = await config('sft', { corrections: { share: 0.5, wrongShare: 1, copying: 0.2 } });
    const tuned = await fgamJson('train', 'sft', '--config', sft);
    expect(tuned).toMatchObject({ stage: 'sft', weights: { tokens: 1, regionText: 0 } });
    const rm = await config('rm', { model: 'sft/model', drafts: 'drafts.jsonl' });
    const critic = await fgam('train', 'rm', '--config', rm);
    expect(critic).toMatchObject({ code: 0 });
    expect(critic.err).toContain('critic of captions');
    expect(critic.out).toContain(join(folder, 'rm', 'model'));
  });

  test('refuses drafts of unknown questions and drafts of another form, by line', async () => {
    await writeFile(join(folder, 'foreign.jsonl'), '{"question": "none", "response": "yes"}\n');
    const foreign = await fgam('train', 'rm', '--config', await config('rm2', { drafts: 'foreign.jsonl' }));
    expect(foreign).toMatchObject({ code: 1 });
    expect(foreign.err).toContain('"none"');
    await writeFile(join(folder, 'broken.jsonl'), '{"question": "a", "response": "b"}\n{"question": 1}\n');
    const broken = await fgam('train', 'rm', '--config', await config('rm3', { drafts: 'broken.jsonl' }));
    expect(broken.err).toMatch(/broken\.jsonl:2: .*question.*response/);
  });

  test('a config is refused with all its faults', async () => {
    const path = await config('bad', { batchSize: 0, wieghts: weights, optimizer: { beta3: 0.5 } });
    const { code, out } = await fgam('train', 'stage1', '--config', path, '--json');
    expect(code).toBe(1);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    expect(error.code).toBe('fgam/bad-config');
    for (const fault of ['batchSize', 'weights: ', 'wieghts: unknown key', 'optimizer.beta3: unknown key'])
      expect(error.message).toContain(fault);
  });

  test('a truncated or missing image is named before the first update', async () => {
    await cp(join(folder, 'scenes'), join(folder, 'cut'), { recursive: true });
    await truncate(join(folder, 'cut', 'images', '000000000003.png'), 100);
    const cut = await fgam('train', 'stage1', '--config', await config('on-cut', { weights, data: 'cut' }));
    expect(cut).toMatchObject({ code: 1, out: '' });
    expect(cut.err).toMatch(/expected a whole image.*000000000003\.png/);
  });

  test('says what is wrong with data, model and output folders', async () => {
    const none = await fgam(
      'train',
      'stage1',
      '--config',
      await config('no-data', { weights, data: 'none' }),
    );
    expect(none.err).toMatch(/none.manifest\.json: expected a readable file/);
    await writeFile(join(folder, 'manifest.json'), '{"format": "other"}');
    const other = await fgam('train', 'stage1', '--config', await config('other', { weights, data: '.' }));
    expect(other.err).toContain('expected the manifest of a scenes or shard folder');
    const lost = await fgam('train', 'sft', '--config', await config('lost', { model: 'nowhere' }));
    expect(lost.err).toMatch(/nowhere.config\.json/);
    const unwritable = await config('unwritable', { weights, out: 'tiny/config.json/run' });
    const blocked = await fgam('train', 'stage1', '--config', unwritable);
    expect(blocked.err).toContain("can't be written");
    for (const { code } of [none, other, lost, blocked]) expect(code).toBe(1);
  });

  test('misuse is a usage error', async () => {
    expect(await fgam('train', 'stage1')).toMatchObject({ code: 2 });
    expect(await fgam('train', 'stage9', '--config', 'x')).toMatchObject({ code: 2 });
    expect(await fgam('train', 'sft', '--config', 'x', '--backend', 'abacus')).toMatchObject({ code: 2 });
    expect(await fgam('train', 'sft', '--config', 'x', '--steps', 'many')).toMatchObject({ code: 2 });
  });
});
