import { type HostTensor, quantizeMatrix } from '@fgam/compile';
import { collatePixels, loadPixels } from '@fgam/data';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { conversationLogits } from './blocks/conversation-logits.js';
import { parseConfig } from './config.js';
import { createGenerator } from './generation/generator.js';
import { checkModel } from './model.js';
import { microConfig, randomWeights, rows, toTensors } from './test-support.js';
import { createTokenizer, vocabularyFromTexts } from './tokenizer.js';
import { visionGrid } from './vision-grid.js';
import { decaysWeight } from './weights.js';
import { withHeads } from './with-heads.js';

const tokenizer = createTokenizer(vocabularyFromTexts(['a red dot']));
const config = microConfig();
const model = { config, tokenizer, weights: randomWeights(config, 3) };

describe('withHeads', () => {
  it('keeps what stays, starts what is new from the seed, and drops the rest', () => {
    const heads = {
      relation_hidden_size: 4,
      relation_transformer: { num_attention_heads: 2, intermediate_size: 8 },
      text_tower: { hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2 },
      hacl_embed_dim: 5,
    };
    const changed = withHeads(model, heads, 9);
    expect(() => checkModel(changed)).not.toThrow();
    expect(changed.config.fgam.relation_transformer).toMatchObject({
      num_hidden_layers: 1,
      hidden_act: 'gelu',
    });
    expect(changed.config.fgam.text_tower).toMatchObject({
      vocab_size: config.text_config.vocab_size,
      projection_dim: config.fgam.embed_dim,
      eos_token_id: tokenizer.eosId,
      hidden_act: 'quick_gelu',
    });
    const [before, after] = [model.weights, changed.weights];
    expect(after['fgam.vision_projection.weight']).toBe(before['fgam.vision_projection.weight']);
    expect(
      Object.keys(after)
        .filter((name) => !(name in before))
        .every((name) => name.startsWith('fgam.')),
    ).toBe(true);
    for (const gone of ['fgam.relation_head.linear_1.weight', 'fgam.text_projection.weight'])
      expect(after).not.toHaveProperty([gone]);
    // What it has of a head stays.
    const again = withHeads(changed, { relation_transformer: {}, text_tower: {} }, 10);
    expect(again.config).toEqual(changed.config);
    expect(again.weights).toEqual(after);
    const name = 'fgam.hacl_text_projection.weight';
    expect(withHeads(model, heads, 9).weights[name]).toEqual(after[name]);
    expect(withHeads(model, heads, 10).weights[name]).not.toEqual(after[name]);
  });

  it('exchanges the connector, and all that goes by the number of visual tokens with it', () => {
    const merged = { ...model, config: microConfig({ fgam: { connector_merge: 2 } }) };
    const former = { num_query_tokens: 3, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8 };
    const changed = withHeads(merged, { q_former: former }, 9);
    expect(() => checkModel(changed)).not.toThrow();
    expect(visionGrid(changed.config)).toMatchObject({ visionTokens: 4, visualTokens: 3 });
    const names = Object.keys(changed.weights);
    expect(names).toContain('query_tokens');
    expect(names.filter((name) => name.startsWith('multi_modal_projector'))).toEqual([]);
    const ofConnector = names.filter((name) => /^(qformer|query_tokens|language_projection)/.test(name));
    // Matrices of linear maps decay, and nothing else.
    for (const name of ofConnector)
      expect(decaysWeight(name), name).toBe(name.endsWith('.weight') && !/layernorm/i.test(name));
    const unmerged = { ...changed.config.fgam, connector_merge: 2 } as const;
    expect(() => parseConfig({ ...changed.config, fgam: unmerged })).toThrow(
      /connector_merge: expected 1 with q_former/,
    );
  });

  it('generates what training’s logits say', async () => {
    const former = { num_query_tokens: 3, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8 };
    const own = withHeads(model, { q_former: former }, 9);
    const shaken = { ...own, weights: randomWeights(own.config, 4) };
    const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#a03010' } })
      .png()
      .toBuffer();
    const generator = createGenerator(shaken);
    const [found] = await generator.generate([
      { prompt: 'a red', image: new Uint8Array(image), maxTokens: 4 },
    ]);
    await generator.dispose();
    const written = found?.tokens ?? [];
    expect(written.length).toBeGreaterThan(0);
    const ids = [...tokenizer.encode('a red'), ...written];
    const packed = rows([ids]);
    const logits = conversationLogits(toTensors(shaken.weights), own.config, {
      pixels: tf.tensor(collatePixels([await loadPixels(new Uint8Array(image), 8)]).data, [1, 8, 8, 3]),
      inputIds: packed,
      segmentIds: tf.onesLike(packed),
      positions: tf.reshape(tf.range(0, ids.length, 1, 'int32'), [1, ids.length]),
    });
    const best = (tf.argMax(logits, 2).arraySync() as number[][])[0] ?? [];
    const start = ids.length - written.length;
    expect(best.slice(start - 1, -1)).toEqual(written);
  });

  it('is not for a model in 8 bits, of which only heads would be left', () => {
    const name = 'language_model.model.layers.0.self_attn.q_proj.weight';
    const { [name]: weight, ...weights } = model.weights;
    const quantized = { [name]: quantizeMatrix(weight as HostTensor) };
    expect(() => withHeads({ ...model, weights, quantized }, {}, 1)).toThrow(/withHeads: .* in 8 bits/);
  });

  it('lists every way in which heads do not fit the model', () => {
    const wrong = {
      relation_hidden_size: 5,
      relation_transformer: {},
      text_tower: {
        hidden_size: 9,
        num_attention_heads: 2,
        projection_dim: 7,
        vocab_size: 8,
        eos_token_id: 8,
      },
    };
    expect(() => withHeads(model, wrong, 1)).toThrow(/found 5 fault/);
    for (const part of [
      'fgam.relation_hidden_size by relation_transformer.num_attention_heads: expected 5',
      'fgam.text_tower.hidden_size by num_attention_heads: expected 9',
      'fgam.text_tower.vocab_size: expected text_config.vocab_size 60, got 8',
      'fgam.text_tower.projection_dim: expected fgam.embed_dim 6, got 7',
      'fgam.text_tower.eos_token_id: expected a token below 8, got 8',
    ])
      expect(() => withHeads(model, wrong, 1)).toThrow(part);
  });
});
