import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Weights } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { languageModel } from '../blocks/language-model.js';
import { editJson, editShards, type Json } from '../checkpoint/edit-folder.test-support.js';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { savePretrained } from '../checkpoint/save-pretrained.js';
import { createPretrainedGenerator } from '../generation/pretrained-generator.js';
import { promptWithImages } from '../text/prompt-with-images.js';
import '../test-support.js';
import { imagesOf, readTinyCheckpoint, type TinyCheckpoint } from './tiny-checkpoint.test-support.js';

let tiny: TinyCheckpoint;
let folder: string;
beforeEach(async () => {
  tiny = await readTinyCheckpoint('tiny-qwen2-vl');
  folder = join(await mkdtemp(join(tmpdir(), 'fgam-qwen-')), 'model');
  await cp(tiny.folder, folder, { recursive: true });
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

/** What the folder's model says to each case from its image files, whose answers are transformers'. */
async function expectSameAnswers(): Promise<void> {
  const generator = createPretrainedGenerator(await loadPretrained(folder));
  const cases = Object.values(tiny.cases);
  const found = await generator.generate(
    cases.map((each) => ({
      prompt: each.prompt,
      images: imagesOf(tiny, each),
      maxTokens: each.tokens.length,
    })),
  );
  await generator.dispose();
  expect(found.map(({ tokens }) => tokens)).toEqual(cases.map(({ tokens }) => tokens));
}

const ANY: Weights[string] = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) };

describe('qwen2_vl', () => {
  it('reads the layout of the hub: one flat config, limits in pixels, a file of its own for the processor', async () => {
    await editJson(folder, 'config.json', (json) => {
      const { rope_parameters: rope, ...text } = json['text_config'] as Json & { rope_parameters: Json };
      delete json['text_config'];
      const { model_type, ...root } = json;
      Object.assign(json, text, root, {
        model_type,
        rope_theta: rope['rope_theta'],
        rope_scaling: { type: 'mrope', mrope_section: rope['mrope_section'] },
      });
      delete (json['vision_config'] as Json)['rope_parameters'];
    });
    const processor = JSON.parse(await readFile(join(folder, 'processor_config.json'), 'utf8')) as Json;
    const preprocessor = processor['image_processor'] as Json;
    delete preprocessor['size'];
    await writeFile(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify({ ...preprocessor, min_pixels: 1568, max_pixels: 6272 }),
    );
    await rm(join(folder, 'processor_config.json'));
    await expectSameAnswers();
  });

  it('reads weights under the names of modules, and a head of their own where it is not tied', async () => {
    await editJson(folder, 'config.json', (json) => (json['tie_word_embeddings'] = false));
    await editShards(folder, (name, weight) => {
      const renamed = name
        .replace(/^visual\./, 'model.visual.')
        .replace(/^model\.(?!visual)/, 'model.language_model.');
      return name === 'model.embed_tokens.weight'
        ? [
            [renamed, weight],
            ['lm_head.weight', weight],
          ]
        : [[renamed, weight]];
    });
    const { weights } = await loadPretrained(folder);
    expect(Object.keys(weights)).toContain('language_model.lm_head.weight');
    await expectSameAnswers();
  });

  it('lists every way in which weights, tokenizer and config disagree', async () => {
    await editShards(folder, (name, weight) => {
      if (name === 'model.layers.1.self_attn.k_proj.bias') return [];
      if (name === 'visual.merger.ln_q.bias') return [[name, ANY]];
      if (name === 'model.norm.weight')
        return [
          [name, weight],
          ['model.layers.0.self_attn.o_proj.bias', ANY],
        ];
      return [[name, weight]];
    });
    await editJson(folder, 'config.json', (json) => {
      (json['text_config'] as Json)['vocab_size'] = 304;
      json['image_token_id'] = 315;
    });
    const said = await loadPretrained(folder).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said).toContain('found 6 fault(s)');
    for (const fault of [
      'missing language_model.model.layers.1.self_attn.k_proj.bias [16]',
      'visual.merger.ln_q.bias: expected [32], got [2]',
      'model.embed_tokens.weight: expected [304, 32], got [320, 32]',
      'unexpected model.layers.0.self_attn.o_proj.bias in model-0000',
      'tokenizer.json: expected at most vocab_size 304 tokens, got 310',
      'expected the image token 315 of config.json',
    ])
      expect(said).toContain(fault);
  });

  it('refuses positions that say nothing of rows and columns', async () => {
    const { config } = (await loadPretrained(folder)).family;
    const embeddings = tf.zeros([1, 2, config.text_config.hidden_size]);
    const positions = tf.tensor2d([[0, 1]], undefined, 'int32');
    expect(() => languageModel({}, config, { embeddings, positions })).toThrow(
      /decoder: positions: expected shape \[any, any, 3\], got \[1, 2\]/,
    );
  });

  it('is written in the layout that was read', async () => {
    const model = await loadPretrained(folder);
    const copy = join(folder, '..', 'copy');
    await savePretrained(copy, model);
    expect((await loadPretrained(copy)).layout).toEqual(model.layout);
    const [mine, theirs] = await Promise.all(
      [copy, folder].map((from) => readFile(join(from, 'model.safetensors.index.json'), 'utf8')),
    );
    expect(JSON.parse(mine ?? '')).toEqual(JSON.parse(theirs ?? ''));
  });

  it('puts an image between the marks that say where it begins and ends', async () => {
    const model = await loadPretrained(folder);
    expect(promptWithImages(model, 'Is it red?', 2)).toContain(
      `<|im_start|>user\n${'<|vision_start|><|image_pad|><|vision_end|>'.repeat(2)}Is it red?<|im_end|>`,
    );
  });
});
