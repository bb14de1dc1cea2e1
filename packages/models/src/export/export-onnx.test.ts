import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFunction } from '@fgam/compile';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOnnxAnswerer } from '../answerer-onnx/onnx-answerer.js';
import { createPretrainedAnswerer } from '../answerer-pretrained.js';
import { type ConversationInputs, conversationLogits } from '../blocks/conversation-logits.js';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { readTinyCheckpoint, type TinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { loadModel, saveModel } from '../model.js';
import { maxDifference, microConfig, randomWeights, uniforms } from '../test-support.js';
import { createTokenizer } from '../tokenizer.js';
import { exportOnnx } from './export-onnx.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-onnx-export-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Tensors = Readonly<Record<string, Tensor>>;
const integers = (rows: readonly (readonly number[])[]) =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
const floats = (values: readonly number[] | Float32Array, shape: readonly number[]) =>
  new Tensor('float32', Float32Array.from(values), shape);
const dataOf = (tensor: Tensors[string] | undefined): Float32Array => tensor?.data as Float32Array;

async function open(out: string, name: string) {
  return InferenceSession.create(join(out, 'onnx', `${name}.onnx`));
}

/** What a decoder is given before it has read anything. */
function emptyPast(decoder: InferenceSession): Record<string, Tensors[string]> {
  return Object.fromEntries(
    decoder.inputMetadata.flatMap((input) => {
      if (!input.isTensor || !input.name.startsWith('past_key_values')) return [];
      const shape = input.shape.map((length) =>
        typeof length === 'number' ? length : length === 'batch_size' ? 1 : 0,
      );
      return [[input.name, floats([], shape)] as const];
    }),
  );
}

/** Runs a decoder over tokens in parts, each over the cache of those before it. */
async function decodeInParts(
  decoder: InferenceSession,
  parts: readonly { readonly tokens: Tensors; readonly length: number }[],
  cached: { readonly past: Tensors; readonly length: number } = { past: emptyPast(decoder), length: 0 },
): Promise<Float32Array[]> {
  let { past, length: before } = cached;
  const logits: Float32Array[] = [];
  for (const { tokens, length } of parts) {
    const results = await decoder.run({
      ...tokens,
      ...past,
      attention_mask: integers([new Array<number>(before + length).fill(1)]),
      position_ids: integers([Array.from({ length }, (_, t) => before + t)]),
    });
    past = asPast(results);
    before += length;
    logits.push(dataOf(results['logits']));
  }
  return logits;
}

function asPast(results: Tensors): Record<string, Tensors[string]> {
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, value]) =>
      name.startsWith('present.') ? [[name.replace('present', 'past_key_values'), value]] : [],
    ),
  );
}

/**
 * Largest difference of a graph's logits to those of transformers, in a prompt of text and one image,
 * read whole and in two parts.
 */
async function largestError(tiny: TinyCheckpoint, out: string, name: string): Promise<number> {
  const { input_ids: ids, qformer_input_ids: asked } = tiny.cases[name] ?? { input_ids: [] };
  const model = await loadPretrained(tiny.folder, { weights: 'files' });
  const [vision, embed, decoder] = await Promise.all(
    ['vision_encoder', 'embed_tokens', 'decoder_model_merged'].map((graph) => open(out, graph)),
  );
  const pixels = tiny.tensors[`${name}/pixel_values`];
  const seen = await vision?.run({
    pixel_values: floats(pixels?.data as Float32Array, pixels?.shape ?? []),
    ...(asked === undefined
      ? {}
      : { qformer_input_ids: integers([asked]), qformer_attention_mask: integers([asked.map(() => 1)]) }),
  });
  const visual = dataOf(seen?.['image_features']);
  const embedded = (await embed?.run({ input_ids: integers([ids]) }))?.['inputs_embeds'];
  const width = embedded?.dims[2] ?? 0;
  const rows = Float32Array.from(dataOf(embedded));
  let at = 0;
  for (const [t, id] of ids.entries())
    if (id === model.family.imageTokenId && at < visual.length) {
      rows.set(visual.subarray(at, at + width), t * width);
      at += width;
    }
  expect(at).toBe(visual.length);
  const part = (from: number, to: number) => ({
    length: to - from,
    tokens: { inputs_embeds: floats(rows.subarray(from * width, to * width), [1, to - from, width]) },
  });
  const middle = ids.length - 3;
  const wanted = tiny.tensors[`${name}/logits`]?.data ?? new Float32Array();
  let worst = 0;
  for (const parts of [[part(0, ids.length)], [part(0, middle), part(middle, ids.length)]]) {
    const logits = (await decodeInParts(decoder as InferenceSession, parts)).flatMap((all) => [...all]);
    expect(logits.length).toBe(wanted.length);
    worst = Math.max(worst, ...logits.map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN))));
  }
  for (const session of [vision, embed, decoder]) await session?.release();
  return worst;
}

describe('exportOnnx', () => {
  it.each([
    ['tiny-llava', 'llava'],
    ['tiny-llava-4x', 'llava'],
    ['tiny-blip2', 'blip-2'],
    ['tiny-instructblip', 'instructblip'],
    ['tiny-minigpt4', 'minigpt4'],
  ])('%s: the graphs give the logits of transformers', async (fixture, modelType) => {
    const tiny = await readTinyCheckpoint(fixture);
    const out = join(folder, fixture);
    const result = await exportOnnx(tiny.folder, { out });
    expect(result).toMatchObject({ modelType, isOpenable: modelType === 'llava' });
    const cases = Object.entries(tiny.cases).filter(
      ([name, { images }]) => images.length === 1 && tiny.tensors[`${name}/logits`] !== undefined,
    );
    expect(cases.length).toBeGreaterThan(0);
    for (const [name] of cases) expect(await largestError(tiny, out, name), name).toBeLessThan(1e-4);
  });

  it('an exported LLaVA is one that onnx:FOLDER opens, and it says what the checkpoint says', async () => {
    const formatPrompt = (question: string, revision?: { readonly response: string }) =>
      `${question}${revision === undefined ? '' : ` not ${revision.response}`}`;
    for (const name of ['tiny-llava', 'tiny-llava-4x']) {
      const { folder: source } = await readTinyCheckpoint(name);
      const out = join(folder, `${name}-open`);
      await exportOnnx(source, { out });
      const own = createPretrainedAnswerer(await loadPretrained(source), { formatPrompt });
      const exported = await openOnnxAnswerer({ model: out, formatPrompt });
      // Of the size that the model reads: the library's resizing is not that of the reference.
      const image = join(source, 'images/exact.png');
      const revision = { response: 'a square', feedback: 'object : no square' };
      const requests = [
        { image, question: 'What is in the image?', maxTokens: 12 },
        { image, question: 'What is in the image?', maxTokens: 12, revision },
        { image, question: 'Is it red?', maxTokens: 20 },
      ];
      expect(await exported.answer(requests), name).toEqual(await own.answer(requests));
      await Promise.all([own.dispose(), exported.dispose()]);
    }
  });

  it('rows that are padded on the left have the logits that they have alone', async () => {
    const { folder: source } = await readTinyCheckpoint('tiny-llava');
    const out = join(folder, 'padded');
    await exportOnnx(source, { out });
    const [embed, decoder] = await Promise.all(
      ['embed_tokens', 'decoder_model_merged'].map((name) => open(out, name)),
    );
    if (embed === undefined || decoder === undefined) throw new Error('no sessions');
    const embedded = async (ids: readonly (readonly number[])[]) =>
      (await embed.run({ input_ids: integers(ids) }))['inputs_embeds'] as Tensor;
    const [short, long] = [
      [5, 6, 7],
      [1, 9, 8, 4, 3],
    ] as const;
    const wide = (row: Tensors) =>
      Object.fromEntries(
        Object.entries(row).map(([name, { dims }]) => [name, floats([], dims.with(0, 2))] as const),
      );
    const both = await decoder.run({
      ...wide(emptyPast(decoder)),
      inputs_embeds: await embedded([[0, 0, ...short], long]),
      attention_mask: integers([[0, 0, 1, 1, 1], long.map(() => 1)]),
      position_ids: integers([[1, 1, 0, 1, 2], long.map((_, t) => t)]),
    });
    const alone = await Promise.all(
      [short, long].map(async (ids) =>
        decodeInParts(decoder, [{ length: ids.length, tokens: { inputs_embeds: await embedded([ids]) } }]),
      ),
    );
    const size = dataOf(both['logits']).length / 2;
    const [first, second] = [0, size].map((from) => dataOf(both['logits']).subarray(from, from + size));
    expect(maxDifference(first?.subarray((size / 5) * 2) ?? [], alone[0]?.[0] ?? [])).toBeLessThan(1e-5);
    expect(maxDifference(second ?? [], alone[1]?.[0] ?? [])).toBeLessThan(1e-5);
    await Promise.all([embed.release(), decoder.release()]);
  });

  it.each([true, false])(
    'a compact model: a visual prefix (both ways: %s) and tokens after it, in half precision',
    async (bidirectional) => {
      const config = microConfig({ fgam: { visual_prefix_bidirectional: bidirectional } });
      const tokenizer = createTokenizer(['is', 'it', 'red']);
      const [source, out] = ['compact', 'compact-onnx'].map((name) =>
        join(folder, `${name}-${bidirectional}`),
      ) as [string, string];
      await saveModel(source, { config, tokenizer, weights: randomWeights(config, 3) }, { dtype: 'F16' });
      const result = await exportOnnx(source, { out, link: true });
      expect(result).toEqual({
        modelType: 'compact',
        graphs: ['onnx/vision_prefix.onnx', 'onnx/decoder_model_merged.onnx'],
        weights: ['onnx/model.safetensors'],
        isOpenable: false,
      });
      expect((await lstat(join(out, 'onnx/model.safetensors'))).nlink).toBe(2);
      expect((await readdir(out)).sort()).toEqual(['config.json', 'onnx', 'tokenizer.json']);
      const { weights } = await loadModel(source);
      const random = uniforms(5);
      const pixels = Float32Array.from({ length: 8 * 8 * 3 }, () => 2 * random() - 1);
      const ids = [4, 9, 7, 20, 31];
      const run = createFunction(
        (given, inputs) => ({
          logits: conversationLogits(given, config, inputs as unknown as ConversationInputs),
        }),
        { weights },
      );
      const row = (data: readonly number[]) =>
        ({ shape: [1, 5], dtype: 'int32', data: Int32Array.from(data) }) as const;
      const wanted = await run.run({
        pixels: { shape: [1, 8, 8, 3], dtype: 'float32', data: pixels },
        inputIds: row(ids),
        segmentIds: row([1, 1, 1, 1, 1]),
        positions: row([0, 1, 2, 3, 4]),
      });
      const [vision, decoder] = await Promise.all(
        ['vision_prefix', 'decoder_model_merged'].map((name) => open(out, name)),
      );
      if (vision === undefined || decoder === undefined) throw new Error('no sessions');
      const first = channelsFirst(pixels, 8);
      const past = asPast(await vision.run({ pixel_values: floats(first, [1, 3, 8, 8]) }));
      const length = past['past_key_values.0.key']?.dims[2] ?? 0;
      expect(length).toBe(4);
      const parts = [ids.slice(0, 3), ids.slice(3, 4), ids.slice(4)].map((part) => ({
        length: part.length,
        tokens: { input_ids: integers([part]) },
      }));
      const logits = (await decodeInParts(decoder, parts, { past, length })).flatMap((part) => [...part]);
      expect(maxDifference(logits, wanted['logits']?.data ?? [])).toBeLessThan(1e-4);
      await Promise.all([vision.release(), decoder.release(), run.dispose()]);
    },
  );

  it('refuses a model whose images are of many sizes, before anything is written', async () => {
    const { folder: source } = await readTinyCheckpoint('tiny-qwen2-vl');
    const out = join(folder, 'qwen');
    await expect(exportOnnx(source, { out })).rejects.toMatchObject({ code: 'models/not-exported' });
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** [S, S, 3] as [3, S, S]. */
function channelsFirst(pixels: Float32Array, size: number): Float32Array {
  const area = size * size;
  return Float32Array.from(
    { length: pixels.length },
    (_, i) => pixels[(i % area) * 3 + Math.floor(i / area)] ?? 0,
  );
}
