import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFunction, type HostTensor } from '@fgam/compile';
import { afterAll, describe, expect, it } from 'vitest';
import { evaTower } from '../blocks/eva-tower.js';
import { linear } from '../blocks/linear.js';
import { qFormer } from '../blocks/q-former.js';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { savePretrained } from '../checkpoint/save-pretrained.js';
import { instructionInputs, instructionOf } from '../generation/instruction.js';
import { createPretrainedGenerator } from '../generation/pretrained-generator.js';
import { createVisualReader } from '../generation/visual-reader.js';
import { parseQFormerConfig } from '../q-former-config.js';
import { weightOf } from '../tensors.js';
import { maxDifference } from '../test-support.js';
import { imagesOf, readTinyCheckpoint, type TinyCheckpoint } from './tiny-checkpoint.test-support.js';

const made: string[] = [];
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true }))));

/** A copy of a checkpoint as this package writes it. */
async function saved(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-q-former-'));
  made.push(folder);
  await savePretrained(folder, await loadPretrained((await readTinyCheckpoint(name)).folder));
  return folder;
}

function tensorOf(tiny: TinyCheckpoint, key: string): HostTensor {
  const found = tiny.tensors[key];
  if (found === undefined) throw new Error(`the fixture has no ${key}`);
  return found;
}

/** [N, 3, S, S] as [N, S, S, 3]. */
function lastChannels({ shape, data }: HostTensor): HostTensor {
  const [count = 0, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const moved = Float32Array.from(data, (_, i) => {
    const [image, at] = [Math.floor(i / (area * channels)), i % (area * channels)];
    return data[(image * channels + (at % channels)) * area + Math.floor(at / channels)] ?? Number.NaN;
  });
  return { shape: [count, height, width, channels], dtype: 'float32', data: moved };
}

describe.each(['tiny-instructblip', 'tiny-blip2', 'tiny-minigpt4'])('%s, part by part', (name) => {
  it('each part gives what transformers’ gives of the same input: tower, Q-Former, projection', async () => {
    const tiny = await readTinyCheckpoint(name);
    const model = await loadPretrained(tiny.folder);
    const config = parseQFormerConfig(
      JSON.parse(await readFile(join(tiny.folder, 'config.json'), 'utf8')),
      name,
    );
    const parts = createFunction(
      (weights, inputs) => {
        const { instruction: ids, mask } = inputs;
        const text = ids === undefined || mask === undefined ? undefined : { ids, mask };
        return {
          tower: evaTower(weights, config, weightOf(inputs, 'pixels')),
          queries: qFormer(weights, config, weightOf(inputs, 'tower'), text),
          visual: linear(weights, 'language_projection', weightOf(inputs, 'queries')),
        };
      },
      { weights: model.weights },
    );
    for (const [key, { prompt, images }] of Object.entries(tiny.cases)) {
      if (images.length === 0) continue;
      const [tower, queries] = [tensorOf(tiny, `${key}/tower`), tensorOf(tiny, `${key}/queries`)];
      const pixels = lastChannels(tensorOf(tiny, `${key}/pixel_values`));
      const asked = images.map(() => instructionOf(model, prompt, 0));
      const most = model.family.instruction?.length;
      const text = most === undefined ? {} : stacked(instructionInputs(asked, most));
      const found = await parts.run({ pixels, tower, queries, ...text });
      for (const part of ['tower', 'queries', 'visual'])
        expect(maxDifference(found[part]?.data ?? [], tensorOf(tiny, `${key}/${part}`).data)).toBeLessThan(
          1e-4,
        );
    }
    await parts.dispose();
  });

  it('prepares images as BLIP’s processor does', async () => {
    const tiny = await readTinyCheckpoint(name);
    const { processor } = await loadPretrained(tiny.folder);
    for (const [key, each] of Object.entries(tiny.cases)) {
      for (const [row, image] of imagesOf(tiny, each).entries()) {
        const { pixels } = await processor.prepare(image);
        const wanted = lastChannels(tensorOf(tiny, `${key}/pixel_values`));
        const size = 42 * 42 * 3;
        expect(pixels?.shape).toEqual([1, 42, 42, 3]);
        expect(
          maxDifference(pixels?.data ?? [], wanted.data.subarray(row * size, (row + 1) * size)),
        ).toBeLessThan(1e-6);
      }
    }
  });
});

/** Rows of the same names one after another. */
function stacked(rows: readonly Record<'instruction' | 'mask', HostTensor>[]): Record<string, HostTensor> {
  const length = rows[0]?.mask.shape[1] ?? 0;
  const all = (key: 'instruction' | 'mask') => rows.flatMap((row) => [...row[key].data]);
  return {
    instruction: { shape: [rows.length, length], dtype: 'int32', data: Int32Array.from(all('instruction')) },
    mask: { shape: [rows.length, length], dtype: 'float32', data: Float32Array.from(all('mask')) },
  };
}

describe('visual tokens that depend on the prompt', () => {
  it('differ with it, not with those beside it; the tower sees an image once', async () => {
    const tiny = await readTinyCheckpoint('tiny-instructblip');
    const model = await loadPretrained(tiny.folder);
    let prepared = 0;
    const prepare = (image: Parameters<typeof model.processor.prepare>[0]) => {
      prepared++;
      return model.processor.prepare(image);
    };
    const reader = createVisualReader({ ...model, processor: { ...model.processor, prepare } });
    const image = join(tiny.folder, 'images/exact.png');
    const [short, long] = ['red?', 'striped triangles, one below another, above the large blue square?'].map(
      (prompt) => ({ image, instruction: instructionOf(model, prompt, 0) }),
    ) as [Parameters<typeof reader.of>[0][0], Parameters<typeof reader.of>[0][0]];
    expect(long.instruction.length).toBeGreaterThan(32);
    const [alone] = await reader.of([short]);
    const [same, other] = await reader.of([short, long]);
    await reader.dispose();
    expect(maxDifference(alone?.data ?? [], same?.data ?? [])).toBeLessThan(1e-5);
    expect(maxDifference(alone?.data ?? [], other?.data ?? [])).toBeGreaterThan(0.1);
    expect(prepared).toBe(1);
  });

  it('refuses a prompt that is longer than the Q-Former reads', async () => {
    const { folder } = await readTinyCheckpoint('tiny-instructblip');
    const generator = createPretrainedGenerator(await loadPretrained(folder));
    const images = [join(folder, 'images/exact.png')];
    const asked = generator.generate([{ prompt: 'x '.repeat(79), images, maxTokens: 1 }]);
    await expect(asked).rejects.toThrow(/request 0: expected a prompt of at most 80 tokens .* got 81/);
    await generator.dispose();
  });
});

describe('a folder of InstructBLIP', () => {
  it('is written as it was read, with both tokenizers', async () => {
    const folder = await saved('tiny-instructblip');
    const { folder: source } = await readTinyCheckpoint('tiny-instructblip');
    const [model, again] = await Promise.all([source, folder].map((from) => loadPretrained(from)));
    expect(again?.layout).toEqual(model?.layout);
    for (const [key, { data }] of Object.entries(model?.weights ?? {}))
      expect(maxDifference(again?.weights[key]?.data ?? [], data)).toBe(0);
    for (const file of ['qformer_tokenizer/tokenizer.json', 'processor_config.json'])
      expect(await readFile(join(folder, file))).toEqual(await readFile(join(source, file)));
  });

  it('is refused with every mismatch: config, second tokenizer', async () => {
    const folder = await saved('tiny-instructblip');
    const path = join(folder, 'config.json');
    const text = await readFile(path, 'utf8');
    const refused = async (
      change: (json: Record<string, Record<string, unknown>>) => void,
    ): Promise<string> => {
      const json = JSON.parse(text) as Record<string, Record<string, unknown>>;
      change(json);
      await writeFile(path, JSON.stringify(json));
      return loadPretrained(folder).then(
        () => '',
        (error: Error) => error.message,
      );
    };
    const several = await refused(({ vision_config: vision, qformer_config: former, text_config: words }) => {
      Object.assign(vision ?? {}, { image_size: 40 });
      Object.assign(former ?? {}, { num_attention_heads: 5 });
      Object.assign(words ?? {}, { vocab_size: 300 });
    });
    expect(several).toContain('a config.json of instructblip, found 3 fault(s)');
    for (const fault of [
      'image_size by patch_size',
      'qformer_config.hidden_size',
      'image_token_index: expected less',
    ])
      expect(several).toContain(fault);
    const small = await refused(({ qformer_config: former }) =>
      Object.assign(former ?? {}, { vocab_size: 80 }),
    );
    expect(small).toContain(
      'qformer_tokenizer/tokenizer.json: expected at most qformer_config.vocab_size 80',
    );
    expect(small).toMatch(/word_embeddings\.weight: expected \[80, 32\], got \[\d+, 32\]/);
    expect(
      await refused(({ text_config: words }) => Object.assign(words ?? {}, { model_type: 'opt' })),
    ).toContain('text_config.model_type: expected "llama": other language models (OPT, T5) are not computed');
    expect(await refused((json) => delete json['image_token_index'])).toContain(
      'image_token_index: expected the id of the image token',
    );
    await writeFile(path, text);
    await rm(join(folder, 'qformer_tokenizer'), { recursive: true });
    await expect(loadPretrained(folder)).rejects.toThrow('expected qformer_tokenizer/tokenizer.json');
  });
});

describe('stop texts of generation_config.json', () => {
  it('end MiniGPT-4’s answers where a request has none of its own', async () => {
    const folder = await saved('tiny-minigpt4');
    const model = await loadPretrained(folder);
    expect(model.stopTexts).toEqual(['###']);
    const { cases } = await readTinyCheckpoint('tiny-minigpt4');
    const { prompt, text } = cases['none'] as TinyCheckpoint['cases'][string];
    const stop = text.slice(4, 6);
    const generator = createPretrainedGenerator({ ...model, stopTexts: [stop] });
    const [own, given] = await generator.generate([
      { prompt, maxTokens: 12 },
      { prompt, maxTokens: 12, stop: [] },
    ]);
    await generator.dispose();
    expect(own).toMatchObject({ finish: 'stop', text: text.slice(0, text.indexOf(stop)).trimEnd() });
    expect(given?.text).toBe(text);
  });
});
