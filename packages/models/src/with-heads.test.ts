import { describe, expect, it } from 'vitest';
import { checkModel } from './model.js';
import { microConfig, randomWeights } from './test-support.js';
import { createTokenizer, vocabularyFromTexts } from './tokenizer.js';
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
    const name = 'fgam.hacl_text_projection.weight';
    expect(withHeads(model, heads, 9).weights[name]).toEqual(after[name]);
    expect(withHeads(model, heads, 10).weights[name]).not.toEqual(after[name]);
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
