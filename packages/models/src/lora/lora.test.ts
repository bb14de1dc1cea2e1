import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStoredTensors } from '@fgam/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPretrained, type PretrainedModel } from '../checkpoint/load-pretrained.js';
import { savePretrained } from '../checkpoint/save-pretrained.js';
import { readTinyCheckpoint, type TinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { createPretrainedGenerator } from '../generation/pretrained-generator.js';
import { maxDifference } from '../test-support.js';
import { type Adapter, createAdapter, LORA_TARGETS, type LoraTarget } from './adapter.js';
import { loadAdapter, saveAdapter } from './adapter-files.js';
import { mergeAdapter } from './merge-adapter.js';
import { withAdapter } from './with-adapter.js';

let folder: string;
let tiny: TinyCheckpoint;
let model: PretrainedModel;
let adapter: Adapter;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-'));
  tiny = await readTinyCheckpoint('tiny-llava');
  model = await loadPretrained(tiny.folder);
  adapter = await loadAdapter(join(tiny.folder, 'adapter'), model.family);
});
afterAll(() => rm(folder, { recursive: true }));

async function said(given: PretrainedModel) {
  const generator = createPretrainedGenerator(given);
  const requests = Object.values(tiny.cases).map(({ prompt, images }) => ({
    prompt,
    images: images.map((path) => join(tiny.folder, path)),
    maxTokens: 8,
  }));
  const found = await generator.generate(requests);
  await generator.dispose();
  return found;
}

describe('a new adapter', () => {
  it("begins as PEFT's: A uniform within 1/sqrt(in), B zero, by seed and name", () => {
    const options = { rank: 3, targets: ['q_proj', 'down_proj'] as const };
    const made = createAdapter(model.family, { ...options, seed: 5 });
    expect(made.alpha).toBe(6);
    expect(Object.keys(made.weights)).toHaveLength(2 * 2 * 2);
    const down = made.weights['language_model.model.layers.1.mlp.down_proj.lora_A.weight'];
    expect(down?.shape).toEqual([3, 80]);
    const bound = 80 ** -0.5;
    const largest = Math.max(...(down?.data ?? []).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.9 * bound);
    const mean = [...(down?.data ?? [])].reduce((sum, x) => sum + x, 0) / 240;
    // 4 standard errors of a uniform's mean
    expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * 240));
    expect(made.weights['language_model.model.layers.0.self_attn.q_proj.lora_B.weight']).toEqual({
      shape: [32, 3],
      dtype: 'float32',
      data: new Float32Array(96),
    });
    expect(createAdapter(model.family, { ...options, seed: 5 })).toEqual(made);
    expect(createAdapter(model.family, { ...options, seed: 6 })).not.toEqual(made);
  });

  it('changes nothing that the model says', async () => {
    const fresh = withAdapter(model, createAdapter(model.family, { rank: 2 }));
    expect(await said(fresh)).toEqual(await said(model));
  });

  it('is refused with every fault', () => {
    expect(() =>
      createAdapter(model.family, { rank: 0.5, alpha: -1, targets: ['fc1' as LoraTarget] }),
    ).toThrow(/rank to be a whole number.*alpha above 0.*got fc1/);
    expect(() => createAdapter(model.family, { rank: 1, targets: [] })).toThrow(/expected a target/);
  });
});

describe('an adapter of PEFT', () => {
  it('has its config and all targets', () => {
    expect({ rank: adapter.rank, alpha: adapter.alpha }).toEqual({ rank: 4, alpha: 6 });
    expect(adapter.targets).toEqual(LORA_TARGETS);
  });

  it('says the same beside the weights, over weights in files, and merged and saved', async () => {
    const beside = await said(withAdapter(model, adapter));
    expect(beside.map(({ tokens }) => tokens)).not.toEqual((await said(model)).map(({ tokens }) => tokens));
    const inFiles = await loadPretrained(tiny.folder, { weights: 'files' });
    const out = join(folder, 'merged');
    await savePretrained(out, mergeAdapter(model, adapter));
    for (const other of [withAdapter(inFiles, adapter), await loadPretrained(out)]) {
      const found = await said(other);
      for (const [i, { tokens, logprobs }] of beside.entries()) {
        expect(found[i]?.tokens).toEqual(tokens);
        expect(maxDifference(found[i]?.logprobs ?? [], logprobs)).toBeLessThan(1e-4);
      }
    }
  });

  it('is written again under the names that it was read under', async () => {
    const out = join(folder, 'again');
    await saveAdapter(out, model.family, adapter, { base: 'llava-hf/llava-1.5-7b-hf' });
    const file = 'adapter_model.safetensors';
    const [before, after] = [
      await readStoredTensors(join(tiny.folder, 'adapter', file)),
      await readStoredTensors(join(out, file)),
    ];
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    expect(await loadAdapter(out, model.family)).toEqual(adapter);
    const config = JSON.parse(await readFile(join(out, 'adapter_config.json'), 'utf8')) as object;
    const peft = JSON.parse(
      await readFile(join(tiny.folder, 'adapter', 'adapter_config.json'), 'utf8'),
    ) as object;
    expect(config).toEqual({ ...peft, base_model_name_or_path: 'llava-hf/llava-1.5-7b-hf' });
  });

  it('is refused where it is of another model, or more than plain LoRA', async () => {
    const other = await loadPretrained(join(tiny.folder, '../tiny-llava-4x'));
    await expect(loadAdapter(join(tiny.folder, 'adapter'), other.family)).rejects.toThrow(
      /expected one of this model, found \d+ fault/,
    );
    const out = join(folder, 'dora');
    await saveAdapter(out, model.family, adapter);
    const path = join(out, 'adapter_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, use_dora: true, bias: 'all' }));
    await expect(loadAdapter(out, model.family)).rejects.toThrow(/2 fault\(s\)[\s\S]*bias[\s\S]*use_dora/);
    await writeFile(
      path,
      JSON.stringify({ ...config, init_lora_weights: 'pissa', alora_invocation_tokens: [1] }),
    );
    await expect(loadAdapter(out, model.family)).rejects.toThrow(
      /2 fault\(s\)[\s\S]*init_lora_weights[\s\S]*alora_invocation_tokens/,
    );
    await writeFile(path, JSON.stringify({ ...config, init_lora_weights: 'gaussian' }));
    await loadAdapter(out, model.family);
    await expect(loadAdapter(join(folder, 'nowhere'), model.family)).rejects.toThrow(/adapter_config.json/);
    const inFiles = await loadPretrained(tiny.folder, { weights: 'files' });
    expect(() => mergeAdapter(inFiles, adapter)).toThrow(/in memory/);
  });
});
