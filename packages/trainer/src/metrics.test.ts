import { expect, test } from 'vitest';
import { createMetricsWindow } from './metrics.js';

test('a line is the mean of its updates, each part over those that have it', () => {
  const window = createMetricsWindow();
  window.add({ loss: 1, parts: { tokens: 1 }, gradientNorm: 2 }, 10);
  window.add({ loss: 3, parts: { tokens: 2, global: 5 }, gradientNorm: 4 }, 20);
  const { tokensPerSecond, ...means } = window.means();
  expect(means).toEqual({ loss: 2, parts: { tokens: 1.5, global: 5 }, gradientNorm: 3 });
  expect(tokensPerSecond).toBeGreaterThan(0);
});
