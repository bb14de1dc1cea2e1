import { openFamily } from '@fgam/models';
import { expect, test } from 'vitest';
import { KNOWN_CONFIGS } from './known-configs.js';

test.each([
  // As transformers 5.17 counts them on torch's meta device.
  ['llava-1.5-7b', 7_063_427_072],
  ['llava-1.5-13b', 13_351_494_656],
  ['instructblip-13b', 14_191_448_064],
  ['qwen2-vl-2b', 2_208_985_600],
  ['qwen2-vl-7b', 8_291_375_616],
])('%s has the parameters of the published model', (name, parameters) => {
  expect(count(name)).toBe(parameters);
});

test('minigpt-4-7b is BLIP-2 on Vicuna 7B', () => {
  // Vicuna 7B has 6,738,415,616; the tower about 986 M, the Q-Former about 105 M, the linear map 3 M; a
  // token for images is new.
  const vision = count('minigpt-4-7b') - 6_738_415_616 - 2 * 4096;
  expect(vision / 1e6).toBeGreaterThan(986 + 105);
  expect(vision / 1e6).toBeLessThan(986 + 106 + 4);
});

function count(name: string): number {
  const { weightSpecs } = openFamily(KNOWN_CONFIGS[name]);
  return weightSpecs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
