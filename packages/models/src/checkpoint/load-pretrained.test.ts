import { cp, mkdtemp, open, readFile, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Weights } from '@fgam/compile';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { createPretrainedGenerator } from '../generation/pretrained-generator.js';
import { maxDifference } from '../test-support.js';
import { editJson, editShards, type Json } from './edit-folder.test-support.js';
import { loadPretrained } from './load-pretrained.js';
import { savePretrained } from './save-pretrained.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'fgam-pretrained-')), 'model');
  await cp((await readTinyCheckpoint('tiny-llava')).folder, folder, { recursive: true });
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const edit = (name: string, change: (json: Json) => void) => editJson(folder, name, change);
const editWeights = (change: Parameters<typeof editShards>[1]) => editShards(folder, change);

async function faults(): Promise<string> {
  return loadPretrained(folder).then(
    () => '',
    (error: Error) => error.message,
  );
}

const ANY: Weights[string] = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) };

describe('loadPretrained', () => {
  it('lists every way in which weights, tokenizer and config disagree', async () => {
    await editWeights((name, weight) => {
      if (name.endsWith('layers.0.mlp.up_proj.weight') && !name.includes('vision')) return [];
      if (name.endsWith('language_model.norm.weight') || name.endsWith('model.norm.weight'))
        return [[name, ANY]];
      if (name.endsWith('linear_1.bias'))
        return [[name, { shape: weight.shape, dtype: 'int32', data: Int32Array.from(weight.data) }]];
      if (name.includes('lm_head'))
        return [
          [name, weight],
          ['surprise', ANY],
        ];
      return [[name, weight]];
    });
    await edit('tokenizer.json', (json) => {
      const added = json['added_tokens'] as { id: number; content: string }[];
      added.push({ ...(added[0] as { id: number; content: string }), id: 336, content: '<new>' });
    });
    const said = await faults();
    expect(said).toContain('found 5 fault(s)');
    expect(said).toContain('missing language_model.model.layers.0.mlp.up_proj.weight [80, 32]');
    expect(said).toMatch(/norm\.weight: expected \[32\], got \[2\]/);
    expect(said).toMatch(/linear_1\.bias: expected F32, F16 or BF16, got I32/);
    expect(said).toMatch(/unexpected surprise in model-0000\d-of-00003\.safetensors/);
    expect(said).toContain('tokenizer.json: expected at most vocab_size 336 tokens, got 337');
    await expect(loadPretrained(folder)).rejects.toMatchObject({ code: 'models/bad-checkpoint' });
  });

  it('refuses an image token that the tokenizer does not have', async () => {
    await edit('config.json', (json) => (json['image_token_index'] = 330));
    expect(await faults()).toContain('expected the image token 330 of config.json');
  });

  it('refuses files that are cut, that are not there or whose header is longer than they are, all at once', async () => {
    await truncate(join(folder, 'model-00001-of-00003.safetensors'), 60_000);
    await rename(join(folder, 'model-00002-of-00003.safetensors'), join(folder, 'elsewhere'));
    const third = await open(join(folder, 'model-00003-of-00003.safetensors'), 'r+');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(99_000_000n);
    await third.write(length, 0, 8, 0);
    await third.close();
    const said = await faults();
    expect(said).toMatch(/model-00001.*the file is truncated/);
    expect(said).toMatch(/model-00002.*there is no such file/);
    expect(said).toMatch(/model-00003.*expected a header of 99000000 bytes/);
  });

  it('refuses an index that disagrees with its shards or leaves the folder', async () => {
    const name = 'language_model.lm_head.weight';
    await edit('model.safetensors.index.json', (json) => {
      const map = json['weight_map'] as Record<string, string>;
      map['nowhere.weight'] = map[name] as string;
      map[name] = 'model-00003-of-00003.safetensors';
    });
    const said = await faults();
    expect(said).toMatch(/nowhere\.weight: .* says model-00001.*, it is not there/);
    expect(said).toMatch(/lm_head\.weight: in model-00001.*index\.json says model-00003/);
    await edit('model.safetensors.index.json', (json) => {
      (json['weight_map'] as Record<string, string>)[name] = '../other.safetensors';
    });
    expect(await faults()).toContain('got ../other.safetensors');
  });

  it('refuses other model types, pickle, and variants that are not computed', async () => {
    await rename(join(folder, 'model.safetensors.index.json'), join(folder, 'pytorch_model.bin'));
    expect(await faults()).toMatch(/found pytorch_model\.bin, which may run code/);
    await edit('config.json', (json) => {
      json['multimodal_projector_bias'] = false;
      (json['text_config'] as Json)['rope_parameters'] = { rope_type: 'linear', factor: 2, rope_theta: 1e4 };
      (json['text_config'] as Json)['hidden_act'] = 'gelu';
      (json['vision_config'] as Json)['num_channels'] = 1;
    });
    const said = await faults();
    for (const path of [
      'multimodal_projector_bias',
      'rope_parameters.rope_type',
      'hidden_act',
      'num_channels',
    ])
      expect(said).toContain(path);
    await edit('config.json', (json) => (json['model_type'] = 'llava_next'));
    expect(await faults()).toMatch(/model_type to be one of llava, .* got "llava_next"/);
    await rm(join(folder, 'config.json'));
    expect(await faults()).toContain('expected config.json in');
    folder = join(folder, 'none');
    expect(await faults()).toContain('expected a folder');
  });

  it('reads weights under the names of modules, and passes over buffers', async () => {
    const before = await loadPretrained(folder);
    await editWeights((name, weight) => {
      const renamed = name
        .replace(/^language_model\.lm_head/, 'lm_head')
        .replace(/^language_model\.model/, 'model.language_model')
        .replace(/^(vision_tower|multi_modal_projector)/, 'model.$1');
      if (name.endsWith('class_embedding'))
        return [
          [renamed, weight],
          ['model.vision_tower.embeddings.position_ids', ANY],
        ];
      return [[renamed, weight]];
    });
    const after = await loadPretrained(folder);
    expect(Object.keys(after.weights).sort()).toEqual(Object.keys(before.weights).sort());
    for (const [name, { data }] of Object.entries(before.weights))
      expect(maxDifference(after.weights[name]?.data ?? [], data)).toBe(0);
  });

  it('takes the embedding as head where they are tied, whether the head is stored or not', async () => {
    await edit('config.json', (json) => (json['tie_word_embeddings'] = true));
    const stored = await loadPretrained(folder);
    expect(Object.keys(stored.weights)).not.toContain('language_model.lm_head.weight');
    await editWeights((name, weight) => (name.includes('lm_head') ? [] : [[name, weight]]));
    expect(Object.keys((await loadPretrained(folder)).weights)).toEqual(Object.keys(stored.weights));
  });

  it('takes of several chat templates the one named default', async () => {
    const chatTemplate = await readFile(join(folder, 'chat_template.jinja'), 'utf8');
    await rm(join(folder, 'chat_template.jinja'));
    const named = (...names: readonly string[]) =>
      edit('tokenizer_config.json', (json) => {
        json['chat_template'] = names.map((name) => ({
          name,
          template: name === 'default' ? chatTemplate : 'x',
        }));
      });
    await named('tool_use', 'default');
    const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
    expect((await loadPretrained(folder)).chatTemplate?.render(messages)).toContain('hi');
    await named('tool_use', 'rag');
    expect(await faults()).toContain('expected a text, or a list with one named default, got tool_use, rag');
  });

  it('begins a prompt once, also where its template prints the token that does', async () => {
    const { tokenizer } = await loadPretrained(folder);
    const [begin, ...rest] = tokenizer.encode('hi');
    expect(tokenizer.roles['bos_token']).toBe('<s>');
    expect(tokenizer.encode('<s>hi').filter((id) => id === begin)).toEqual([begin]);
    expect(tokenizer.encode('hi', { isPart: true })).toEqual(rest);
  });

  it('ends answers at the tokens of generation_config.json, else of config.json', async () => {
    await edit('generation_config.json', (json) => (json['eos_token_id'] = [2, 7]));
    expect((await loadPretrained(folder)).endIds).toEqual([2, 7]);
    await rm(join(folder, 'generation_config.json'));
    await edit('config.json', (json) => ((json['text_config'] as Json)['eos_token_id'] = 9));
    expect((await loadPretrained(folder)).endIds).toEqual([9]);
  });
});

it('refuses a name of weights that it does not know, as types do', async () => {
  await expect(loadPretrained('nowhere', { weights: 'in8' as 'int8' })).rejects.toThrow(
    /expected weights to be memory, files, fitting, int8 or a function, got in8/,
  );
});

describe('weights in their files', () => {
  it('of half precision give what they give in memory', async () => {
    const copy = join(folder, '..', 'half');
    await savePretrained(copy, await loadPretrained(folder), { dtype: 'F16' });
    const requests = [{ prompt: 'Is it red?', maxTokens: 6 }];
    const [inMemory, inFiles] = await Promise.all(
      (['fitting', 'files'] as const).map(async (weights) => {
        const generator = createPretrainedGenerator(await loadPretrained(copy, { weights }));
        const [found] = await generator.generate(requests);
        await generator.dispose();
        return found;
      }),
    );
    expect(inFiles?.tokens).toEqual(inMemory?.tokens);
    expect(maxDifference(inFiles?.logprobs ?? [], inMemory?.logprobs ?? [])).toBeLessThan(1e-5);
  });
});

describe('savePretrained', () => {
  it('writes the layout that was read: small files, names, shards', async () => {
    const model = await loadPretrained(folder);
    const copy = join(folder, '..', 'copy');
    await savePretrained(copy, model);
    const again = await loadPretrained(copy);
    expect(again.layout).toEqual(model.layout);
    for (const [name, { data }] of Object.entries(model.weights))
      expect(maxDifference(again.weights[name]?.data ?? [], data)).toBe(0);
    for (const name of ['config.json', 'tokenizer.json', 'processor_config.json', 'chat_template.jinja'])
      expect(await readFile(join(copy, name))).toEqual(await readFile(join(folder, name)));
    const [mine, theirs] = await Promise.all(
      [copy, folder].map(
        async (from) =>
          JSON.parse(await readFile(join(from, 'model.safetensors.index.json'), 'utf8')) as Json,
      ),
    );
    expect(mine).toEqual(theirs);
  });

  it('is what is read again where shards were before', async () => {
    const model = await loadPretrained(folder);
    const name = 'language_model.model.norm.weight';
    const { shape = [], data = [] } = model.weights[name] ?? {};
    const changed = Float32Array.from(data, (value) => value + 1);
    const weights: Weights = { ...model.weights, [name]: { shape, dtype: 'float32', data: changed } };
    const layout = new Map(
      [...model.layout].map(([each, place]) => [each, { ...place, file: 'model.safetensors' }] as const),
    );
    await savePretrained(folder, { ...model, weights, layout });
    expect((await loadPretrained(folder)).weights[name]?.data).toEqual(weights[name]?.data);
  });

  it('with F16 says so in config.json', async () => {
    const copy = join(folder, '..', 'copy');
    await savePretrained(copy, await loadPretrained(folder), { dtype: 'F16' });
    expect(JSON.parse(await readFile(join(copy, 'config.json'), 'utf8'))).toMatchObject({ dtype: 'float16' });
    const name = 'language_model.model.embed_tokens.weight';
    const [half, whole] = await Promise.all(
      [copy, folder].map(async (from) => (await loadPretrained(from)).weights),
    );
    expect(maxDifference(half?.[name]?.data ?? [], whole?.[name]?.data ?? [])).toBeLessThan(2 ** -10);
    expect(half?.[name]?.data).not.toEqual(whole?.[name]?.data);
  });

  it('refuses weights that are not those of the config', async () => {
    const model = await loadPretrained(folder);
    const weights = Object.fromEntries(
      Object.entries(model.weights).filter(([name]) => name !== 'language_model.lm_head.weight'),
    );
    const changed = {
      ...model,
      weights: { ...weights, 'language_model.model.norm.weight': ANY, 'an.adapter': ANY },
    };
    await expect(savePretrained(join(folder, '..', 'bad'), changed)).rejects.toThrow(
      /found 3 fault\(s\)[^]*norm\.weight: expected float32 \[32\], got float32 \[2\][^]*missing language_model\.lm_head[^]*unexpected an\.adapter/,
    );
  });
});
