import { createFunction, type HostTensor } from '@fgam/compile';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languageModel, tokenLogits } from '../blocks/language-model.js';
import { splicedEmbeddings } from '../blocks/spliced-embeddings.js';
import { loadPretrained, type PretrainedModel } from '../checkpoint/load-pretrained.js';
import { createPretrainedGenerator, type PretrainedRequest } from '../generation/pretrained-generator.js';
import { instructionOf } from '../generation/instruction.js';
import { splicedInputs } from '../generation/spliced-inputs.js';
import { splicedPrompt } from '../generation/spliced-prompt.js';
import { createVisualReader } from '../generation/visual-reader.js';
import { weightOf } from '../tensors.js';
import { maxDifference } from '../test-support.js';
import { hiddenStates, visualRows } from './hidden-states.test-support.js';
import {
  imagesOf,
  readTinyCheckpoint,
  TINY_CHECKPOINTS,
  type TinyCheckpoint,
  withPreparedImages,
} from './tiny-checkpoint.test-support.js';

/** What the issue asks for, in float32. */
const CLOSE = 1e-4;

describe.each(TINY_CHECKPOINTS)('%s, against transformers', (name) => {
  let tiny: TinyCheckpoint;
  let model: PretrainedModel;
  let cases: [string, TinyCheckpoint['cases'][string]][];
  beforeAll(async () => {
    tiny = await readTinyCheckpoint(name);
    model = withPreparedImages(await loadPretrained(tiny.folder), tiny);
    cases = Object.entries(tiny.cases);
  });

  function expected(key: string): HostTensor {
    const tensor = tiny.tensors[key];
    if (tensor === undefined) throw new Error(`the fixture has no ${key}`);
    return tensor;
  }

  it('sees the same: visual tokens within 1e-4', async () => {
    const visual = createVisualReader(model);
    for (const [each, { prompt, images }] of cases) {
      const instruction = instructionOf(model, prompt, 0);
      const looks = imagesOf(tiny, { images }).map((image) => ({ image, instruction }));
      const wanted = visualRows(tiny, each);
      const found = await visual.of(looks);
      expect(found).toHaveLength(images.length);
      for (const [row, { data }] of wanted.entries())
        expect(maxDifference(found[row]?.data ?? [], data)).toBeLessThan(CLOSE);
    }
    await visual.dispose();
  });

  it('reads the same: token ids of prompts, chat templates and texts', () => {
    for (const [
      each,
      { prompt, images, input_ids: ids, qformer_input_ids: asked = [], tokens, text },
    ] of cases) {
      expect(splicedPrompt(model, { prompt, maxTokens: 1 }, visualRows(tiny, each), 0)).toEqual(ids);
      if (images.length > 0) expect(instructionOf(model, prompt, 0)).toEqual(asked);
      expect(model.tokenizer.decode(tokens)).toBe(text);
    }
    for (const { messages, text } of tiny.chat) expect(model.chatTemplate?.render(messages)).toBe(text);
  });

  it('thinks the same: hidden states of every layer and logits within 1e-4, single and in a padded batch', async () => {
    const names = cases.map(([each]) => each);
    for (const group of [...names.map((each) => [each]), names]) {
      const results = await hiddenStates(model, tiny, group);
      expect(Object.keys(results)).toHaveLength(2 + model.family.config.text_config.num_hidden_layers);
      for (const [key, { shape, data }] of Object.entries(results)) {
        const [, length = 0, width = 0] = shape;
        for (const [row, each] of group.entries()) {
          const wanted = expected(`${each}/${key}`).data;
          const start = row * length * width;
          expect(maxDifference(data.subarray(start, start + wanted.length), wanted)).toBeLessThan(CLOSE);
        }
      }
    }
  });

  describe('says the same', () => {
    let generator: ReturnType<typeof createPretrainedGenerator>;
    let requests: PretrainedRequest[];
    beforeAll(() => {
      generator = createPretrainedGenerator(model, { maxBatch: 8 });
      requests = cases.map(([, each]) => ({
        prompt: each.prompt,
        images: imagesOf(tiny, each),
        maxTokens: each.tokens.length,
      }));
    });
    afterAll(() => generator.dispose());

    it('with a cache, one by one and in a batch: greedy tokens, log-probabilities within 1e-4, texts', async () => {
      const together = await generator.generate(requests);
      for (const [i, [, each]] of cases.entries()) {
        const [alone] = await generator.generate([requests[i] as PretrainedRequest]);
        for (const found of [alone, together[i]]) {
          expect(found?.tokens).toEqual(each.tokens);
          expect(maxDifference(found?.logprobs ?? [], each.logprobs)).toBeLessThan(CLOSE);
          expect(found?.text).toBe(each.text);
        }
      }
      expect(together.map(({ tokens }) => tokens)).toEqual(tiny.batch.tokens);
    });

    it('with weights that stay in their files', async () => {
      const inFiles = withPreparedImages(await loadPretrained(tiny.folder, { weights: 'files' }), tiny);
      expect(Object.keys(inFiles.weights)).toEqual([]);
      const other = createPretrainedGenerator(inFiles);
      const found = await other.generate(requests);
      await other.dispose();
      for (const [i, [, { tokens, logprobs }]] of cases.entries()) {
        expect(found[i]?.tokens).toEqual(tokens);
        expect(maxDifference(found[i]?.logprobs ?? [], logprobs)).toBeLessThan(CLOSE);
      }
    });

    it('without a cache: each token from the whole text before it', async () => {
      for (const [each, { input_ids: ids, tokens }] of cases) {
        const visual = visualRows(tiny, each);
        const { config, imageTokenId } = model.family;
        const whole = [...ids, ...tokens.slice(0, -1)];
        const sizes = { batch: 1, length: whole.length, visual: 40 };
        const inputs = splicedInputs([{ ids: whole, visual }], imageTokenId, config, sizes);
        const run = createFunction(
          (weights, given) => ({
            best: tf.argMax(
              tokenLogits(
                weights,
                config,
                languageModel(weights, config, {
                  embeddings: splicedEmbeddings(weights, given),
                  positions: weightOf(given, 'positions'),
                }),
              ),
              -1,
            ),
          }),
          { weights: model.weights },
        );
        const { best } = await run.run(inputs);
        await run.dispose();
        expect([...(best?.data ?? [])].slice(ids.length - 1)).toEqual(tokens);
      }
    });

    it('names every fault of a request', async () => {
      const [first] = requests as [PretrainedRequest];
      const { imageToken, family } = model;
      const [wrong, said] = family.imagesFirst
        ? [
            `a ${imageToken}`,
            `expected no ${imageToken} in the prompt, as this model's images go first, got 1`,
          ]
        : ['no place', `expected 1 ${imageToken} in the prompt, one an image, got 0`];
      await expect(generator.generate([{ ...first, prompt: wrong, maxTokens: 0 }])).rejects.toThrow(
        `request 0: expected maxTokens >= 1, got 0; ${said}`,
      );
      await expect(generator.generate([{ prompt: `a ${imageToken}`, maxTokens: 1 }])).rejects.toThrow(
        `expected ${family.imagesFirst ? 'no' : 0} ${imageToken}`,
      );
      await expect(generator.generate([{ ...first, maxTokens: 256 }])).rejects.toThrow(/to fit 256 tokens/);
    });
  });
});
