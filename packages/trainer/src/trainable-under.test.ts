import { compactConfig } from '@fgam/models';
import { expect, test } from 'vitest';
import { trainableUnder } from './trainable-under.js';

const NONE = { tokens: 0, global: 0, regionText: 0, spatial: 0 };
const NAMES = [
  'language_model.lm_head.weight',
  'vision_tower.x',
  'fgam.relation_head.w',
  'fgam.text_projection.w',
];

test('the language model is trained where something reads it: decay would shrink it otherwise', () => {
  const { fgam, ...config } = compactConfig({});
  const tower = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
  const trained = (more: Partial<typeof NONE>, hasTower = false) => {
    const own = hasTower ? { ...fgam, text_tower: { ...fgam.text_tower, ...tower } } : fgam;
    return NAMES.filter(
      trainableUnder(
        { ...NONE, ...more },
        { ...config, fgam: own } as typeof config & { fgam: typeof fgam },
        true,
      ),
    );
  };
  expect(trained({ spatial: 1 })).toEqual(['vision_tower.x', 'fgam.relation_head.w']);
  expect(trained({ regionText: 1 })).toEqual(NAMES.filter((name) => !name.includes('relation')));
  expect(trained({ regionText: 1 }, true)).toEqual(['vision_tower.x', 'fgam.text_projection.w']);
  expect(trained({ tokens: 1 })).toEqual(['language_model.lm_head.weight', 'vision_tower.x']);
});
